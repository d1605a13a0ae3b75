import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { Database } from '../ledger/database.ts'
import { getSongEvenDeleted } from '../queries/songs.ts'
import { filesOfSong } from '../tables/files.ts'

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

/** songs/ID/person.json: what users changed. Written at every change. */
export const PersonRecord = z.object({
  format: z.literal(1),
  /** Ledger time. A record saved after the ledger's newest time is newer than the ledger. */
  savedAt: z.int(),
  title: z.string(),
  band: z.string(),
  /** The stems of the requested mix; null if no mix was requested. */
  kept: z.array(z.string()).nullable(),
  /** Other mixes: the id by which each is fetched, its stems, and the gains in dB of the stems that have one. */
  mixes: z.array(z.object({ id, kept: z.array(z.string()), gains: z.record(z.string(), z.number()) })),
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
  const stemOf = (trackId: number) => song.tracks.find(({ id }) => id === trackId)?.stem ?? ''
  return {
    format: 1,
    savedAt: db.now(),
    title: song.title,
    band: song.band,
    kept: song.kept?.map(stemOf) ?? null,
    mixes: filesOfSong(db, songId).flatMap(({ id, mix }) => {
      if (!mix) return []
      const gains = Object.entries(mix.gains).map(([trackId, decibels]) => [stemOf(Number(trackId)), decibels])
      return [{ id, kept: mix.tracks.map(stemOf), gains: Object.fromEntries(gains) as Record<string, number> }]
    }),
    deletedAt,
  }
}

/** Whether two records are equal, apart from the time when they were saved. */
export function isSameRecord(a: SongRecord | PersonRecord, b: SongRecord | PersonRecord): boolean {
  return isDeepStrictEqual({ ...a, savedAt: 0 }, { ...b, savedAt: 0 })
}
