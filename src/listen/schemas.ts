import { z } from 'zod'

/** The shapes of the API; the OpenAPI document is made from them. */

const id = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER)
export const MusicParams = z.object({ music_id: id })
export const JobParams = z.object({ job_id: id })
export const GraphParams = z.object({ job_id: id, sha256: z.string().regex(/^[0-9a-f]{64}$/) })
export const FileParams = z.object({ file_id: id })
export const StemParams = z.object({ music_id: id, track_id: id, segment: z.coerce.number().int().min(0) })

export const PeaksQuery = z.object({
  bins: z.coerce.number().int().min(1).max(8_192).default(1_000),
  /** Seconds of the song; all of it where nothing is said. */
  from: z.coerce.number().min(0).max(1e7).default(0),
  to: z.coerce.number().min(0).max(1e7).optional(),
  track: id.optional(),
})

export const ErrorAnswer = z.object({ error: z.string(), code: z.string() })

export const Music = z.object({
  music_id: z.int(),
  name: z.string(),
  band: z.string(),
  tracks: z.array(z.object({ name: z.string(), track_id: z.int() })),
  duration: z.number().nullable(),
  model: z.string(),
  state: z.string(),
  warnings: z.array(z.string()),
  /** Where its picture is; null where the song came without one. */
  cover: z.string().nullable(),
  /** What its sender calls the upload, while that has not come to its end. */
  arrival: z.string().nullable(),
})
export type Music = z.infer<typeof Music>

export const Progress = z.object({
  progress: z.int().min(0).max(100),
  instruments: z.array(z.object({ name: z.string(), track: z.string() })),
  final: z.string().optional(),
  music_id: z.int(),
  state: z.enum(['added', 'waiting-for-workers', 'separating', 'mixing', 'ready', 'failed']),
  error: z.string().nullable(),
  /** Why nobody works on it, where that is so. */
  waits_for: z.string().nullable(),
  tracks: z.array(z.int()),
  chunks: z.object({
    total: z.int(),
    final: z.boolean(),
    done: z.int(),
    running: z.int(),
    redelivered: z.int(),
  }),
  seconds: z.number(),
})
export type Progress = z.infer<typeof Progress>

const Segment = z.object({
  index: z.int(),
  startSample: z.int(),
  samples: z.int(),
  state: z.string(),
  worker: z.string().nullable(),
  attempt: z.int(),
  version: z.int(),
})

/** A page of the library; all of it as one array where no `limit` is given. */
export const LibraryQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
  /** The last song of the page before. */
  after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  order: z.enum(['oldest', 'newest']).default('oldest'),
})

/** The event after which events are wanted: the version of a page of the library. */
export const EventsQuery = z.object({ since: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional() })

/** A song of a page of the library. */
export const LibrarySong = Music.extend({
  progress: Progress.optional(),
  /** While it is not separated. */
  segments: z.array(Segment.extend({ music_id: z.int() })).optional(),
})
export type LibrarySong = z.infer<typeof LibrarySong>

export const PlayheadBody = z.object({
  seconds: z.number().min(0).max(1e7),
  /** Random, the same as long as somebody listens. */
  listener: z.string().min(1).max(64),
})

const name = z.string().trim().max(300)
/** New names; what is not named stays as it is. */
export const RenameBody = z.object({ name: name.min(1).optional(), band: name.optional() })

/** In dB by track; null is off, and who is not named is as it is in the song. 12 dB is four times as loud. */
export const MixBody = z.object({
  gains: z.record(z.string(), z.number().min(-60).max(12).nullable()).default({}),
  format: z.enum(['wav', 'flac', 'mp3', 'm4a', 'opus']).default('wav'),
})

/** Where the mix will be: 404 until it is rendered. */
export const MixAnswer = z.object({ file: z.string(), ready: z.boolean() })

export const Peaks = z.object({
  /** 255 is full scale; 0 is silence, or not separated yet. */
  tracks: z.array(z.object({ track_id: z.int(), peaks: z.array(z.int().min(0).max(255)) })),
})
export type Peaks = z.infer<typeof Peaks>

export const JobAnswer = z.object({
  job_id: z.int(),
  size: z.int(),
  time: z.int(),
  music_id: z.int(),
  track_id: z.array(z.int()),
  state: z.string(),
  worker: z.string().nullable(),
  attempt: z.int(),
  seconds: z.number(),
})
export type JobAnswer = z.infer<typeof JobAnswer>

export const Segments = z.object({
  sampleRate: z.int(),
  total: z.int(),
  segments: z.array(Segment),
})
export type Segments = z.infer<typeof Segments>

export const WorkerAnswer = z.object({
  worker: z.string(),
  host: z.string(),
  pid: z.int(),
  state: z.string(),
  job_id: z.int().nullable(),
  music_id: z.int().nullable(),
  models: z.array(z.string()),
  since: z.string(),
  jobs: z.int(),
  speed: z.number().nullable(),
})
export type WorkerAnswer = z.infer<typeof WorkerAnswer>

export const Health = z.object({
  ok: z.boolean(),
  reasons: z.array(z.string()),
  /** What follows is for those who may come in. */
  version: z.string().optional(),
  broker: z.object({ connected: z.boolean(), address: z.string(), embedded: z.boolean() }).optional(),
  workers: z.int().optional(),
  songs: z.int().optional(),
  /** Whether one had to log in, and so may log out. */
  login: z.boolean().optional(),
})
export type Health = z.infer<typeof Health>

const Decibels = z.record(z.string(), z.number())

export const ModelAnswer = z.object({
  name: z.string(),
  title: z.string(),
  stems: z.array(z.string()),
  installed: z.boolean(),
  default: z.boolean(),
  /** Workers that are connected and can do it. */
  workers: z.int(),
  sdr: z.object({ published: Decibels, measured: Decibels }),
  /** Work for one second of sound, by one worker: measured here, else as its description says. */
  seconds_per_second: z.number(),
  memory_mb: z.number(),
  megabytes: z.number(),
  licence: z.string(),
  source: z.string(),
})
export type ModelAnswer = z.infer<typeof ModelAnswer>

/**
 * The tracks to keep: ids, or, because clients of the same assignment send it, an object of `tracks` or `instruments`
 * with ids or names.
 */
const Wanted = z.array(z.union([z.int(), z.string()])).max(64)
export const KeepBody = z.union([
  Wanted,
  z.object({ tracks: Wanted }).transform(({ tracks }) => tracks),
  z.object({ instruments: Wanted }).transform(({ instruments }) => instruments),
])
