import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { Database } from './database.ts'
import { filesOfSong } from './files.ts'
import { getSongEvenDeleted } from './songs.ts'

/*
 * What is written beside a song's sound so that the ledger can be rebuilt from the songs. Tracks are named by their stems in
 * what people made, since a rebuilt ledger may have to give them other ids.
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

/** songs/ID/song.json: what the program knows of a song, written when it was added, is decoded, and is separated. */
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
  /** Which sound track of the file it is; null, and nothing in records of older versions, for the decoder's choice. */
  track: z.int().positive().nullable().default(null),
  addedAt: z.int(),
  /** Once all of it is decoded. */
  decoded: z
    .object({
      samples,
      level: z.object({ mean: z.number(), deviation: z.number().min(0) }).nullable(),
      warnings: z.array(z.string()),
    })
    .nullable(),
  /** The ids under which the stems can be fetched, once they can. */
  stemFiles: z.array(z.object({ id, trackId: id })),
})
export type SongRecord = z.infer<typeof SongRecord>

/** songs/ID/person.json: what people made of a song, written with every change. */
export const PersonRecord = z.object({
  format: z.literal(1),
  /** By the clock of the ledger: what was saved after the ledger's newest time is newer than the ledger. */
  savedAt: z.int(),
  title: z.string(),
  band: z.string(),
  /** The stems of the mix that was asked for; null where none was. */
  kept: z.array(z.string()).nullable(),
  /** Other mixes: the id under which each can be fetched, the stems in it, and the gains in dB of those that have one. */
  mixes: z.array(z.object({ id, kept: z.array(z.string()), gains: z.record(z.string(), z.number()) })),
  /** Milliseconds since 1970; null where it is not deleted. */
  deletedAt: z.int().nullable(),
})
export type PersonRecord = z.infer<typeof PersonRecord>

/** Undefined when the song is gone. */
export function songRecordOf(db: Database, songId: number): SongRecord | undefined {
  const found = getSongEvenDeleted(db, songId)
  if (!found) return undefined
  const { id, fileName, title, band, album, model, plan, tracks, announcedSeconds, cover, track, addedAt } = found.song
  const { isDecoded, samples, level, warnings } = found.song
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
    track,
    addedAt,
    decoded: isDecoded ? { samples, level, warnings } : null,
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
      return [{ id, kept: mix.kept.map(stemOf), gains: Object.fromEntries(gains) as Record<string, number> }]
    }),
    deletedAt,
  }
}

/** Whether two records say the same of a song, whenever they were saved. */
export function isSameRecord(a: SongRecord | PersonRecord, b: SongRecord | PersonRecord): boolean {
  return isDeepStrictEqual({ ...a, savedAt: 0 }, { ...b, savedAt: 0 })
}
