import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { LyricsSchema } from '../../song/lyrics-schema.ts'
import { MAX_SEMITONES, MAX_TEMPO, MIN_SEMITONES, MIN_TEMPO } from '../../song/practice-settings.ts'
import { PracticeSettingsSchema } from '../../song/practice-settings-schema.ts'
import type { Database } from '../ledger/database.ts'
import { getSongEvenDeleted } from '../queries/songs.ts'
import { filesOfSong } from '../tables/files.ts'
import { lyricsRecordOf } from '../tables/lyrics.ts'
import { practiceSettingsOf } from '../tables/practice-settings.ts'

/*
 * The records in a song's folder, from which a lost ledger is rebuilt. person.json names tracks by their stems, because a
 * rebuilt ledger may give them other ids.
 */

const id = z.int().positive()
const samples = z.int().min(0)

const Plan = z.object({
  modelId: z.string(),
  grid: z.object({
    strideSamples: samples,
    inputOffsetSamples: z.int(),
    inputSamples: samples,
    tailSamples: samples,
  }),
  stems: z.array(z.string()).min(1),
  rest: z.string(),
  needsWholeSong: z.boolean(),
})

/** songs/ID/song.json: what the program knows about a song. Written when the song is added, decoded and separated. */
export const SongRecord = z.object({
  format: z.literal(1),
  id,
  fileName: z.string(),
  title: z.string(),
  band: z.string(),
  album: z.string(),
  model: z.string(),
  plan: Plan,
  tracks: z.array(z.object({ id, stem: z.string() })),
  announcedSeconds: z.number().nullable(),
  cover: z.enum(['image/jpeg', 'image/png']).nullable(),
  /** The audio track in the file, from 1. Null, or missing in older records: FFmpeg's choice. */
  track: z.int().positive().nullable().default(null),
  addedAt: z.int(),
  /** Null until the whole song is decoded. */
  decoded: z
    .object({
      samples,
      level: z.object({ mean: z.number(), deviation: z.number().min(0) }).nullable(),
      warnings: z.array(z.string()),
    })
    .nullable(),
  /** The ids by which the stems are fetched. Empty until the song is separated. */
  stemFiles: z.array(z.object({ id, trackId: id })),
})
export type SongRecord = z.infer<typeof SongRecord>

const LyricsVersionRecord = z.object({ version: z.int().positive(), savedAt: z.int(), lyrics: LyricsSchema })

/** Words that cannot be read are left out: they must keep nobody from the song, nor from its other words. */
function readableVersions(all: readonly unknown[]): z.infer<typeof LyricsVersionRecord>[] {
  return all.flatMap((each) => LyricsVersionRecord.safeParse(each).data ?? [])
}

/** songs/ID/person.json: what users changed. Written at every change. */
export const PersonRecord = z.object({
  format: z.literal(1),
  /** Ledger time. A record saved after the ledger's newest time is newer than the ledger. */
  savedAt: z.int(),
  title: z.string(),
  band: z.string(),
  /** The stems of the requested mix; null if no mix was requested. */
  kept: z.array(z.string()).nullable(),
  /**
   * Other mixes: the id by which each is fetched, its stems, and what is changed: gains in dB and pan by stem, key and tempo.
   * What is as recorded may be left out.
   */
  mixes: z.array(
    z.object({
      id,
      kept: z.array(z.string()),
      gains: z.record(z.string(), z.number()),
      pan: z.record(z.string(), z.number().min(-1).max(1)).optional(),
      semitones: z.int().min(MIN_SEMITONES).max(MAX_SEMITONES).optional(),
      tempo: z.number().min(MIN_TEMPO).max(MAX_TEMPO).optional(),
    }),
  ),
  /** What users set to practise the song; null, or missing in older records, if they set nothing. */
  practice: z.object({ settings: PracticeSettingsSchema, version: z.int().positive() }).nullable().default(null),
  /** The words of the song, with their earlier versions; null, or missing in older records, if it never had any. */
  lyrics: z
    .object({
      revision: z.int().positive(),
      version: z.int().positive().nullable(),
      versions: z.array(z.unknown()).transform(readableVersions),
    })
    .nullable()
    .default(null)
    .catch(null),
  /** Milliseconds since 1970; null if the song is not deleted. */
  deletedAt: z.int().nullable(),
})
export type PersonRecord = z.infer<typeof PersonRecord>

/** Undefined when the song is gone. */
export function songRecordOf(db: Database, songId: number): SongRecord | undefined {
  const found = getSongEvenDeleted(db, songId)
  if (!found) return undefined
  const { id, fileName, title, band, album, model, plan, tracks, announcedSeconds, cover, soundTrack, addedAt } =
    found.song
  const { isDecoded, samples, statistics, warnings } = found.song
  return {
    format: 1,
    id,
    fileName,
    title,
    band,
    album,
    model,
    plan: { ...plan, stems: [...plan.stems] },
    tracks,
    announcedSeconds,
    cover,
    track: soundTrack,
    addedAt,
    decoded: isDecoded ? { samples, level: statistics, warnings } : null,
    stemFiles: filesOfSong(db, songId).flatMap((file) =>
      file.trackId === null ? [] : [{ id: file.id, trackId: file.trackId }],
    ),
  }
}

/** Undefined when the song is gone. */
export function personRecordOf(db: Database, songId: number): PersonRecord | undefined {
  const found = getSongEvenDeleted(db, songId)
  if (!found) return undefined
  const { song, deletedAt } = found
  const practice = practiceSettingsOf(db, songId)
  const stemOf = (trackId: number) => song.tracks.find(({ id }) => id === trackId)?.stem ?? ''
  const byStem = (values: Readonly<Record<number, number>>): Record<string, number> =>
    Object.fromEntries(Object.entries(values).map(([trackId, value]) => [stemOf(Number(trackId)), value]))
  return {
    format: 1,
    savedAt: db.now(),
    title: song.title,
    band: song.band,
    kept: song.kept?.map(stemOf) ?? null,
    mixes: filesOfSong(db, songId).flatMap(({ id, mix }) => {
      if (!mix) return []
      const { tracks, gains, pan, ...practice } = mix
      return [{ id, kept: tracks.map(stemOf), gains: byStem(gains), ...(pan && { pan: byStem(pan) }), ...practice }]
    }),
    practice: practice.version > 0 ? practice : null,
    lyrics: lyricsRecordOf(db, songId) as PersonRecord['lyrics'],
    deletedAt,
  }
}

/** Whether two records are equal, apart from the time when they were saved. */
export function isSameRecord(a: SongRecord | PersonRecord, b: SongRecord | PersonRecord): boolean {
  return isDeepStrictEqual({ ...a, savedAt: 0 }, { ...b, savedAt: 0 })
}
