import { z } from 'zod'
import { JOB_STATES, SONG_STATES } from '../song/lifecycle.ts'
import { AS_RECORDED, MAX_SEMITONES, MAX_TEMPO, MIN_SEMITONES, MIN_TEMPO } from '../song/practice-settings.ts'
import { SOUND_FORMAT_NAMES, STORED_FORMAT } from '../song/sound-formats.ts'
import { Presence } from '../song/worker-presence.ts'

/** The schemas of the API. They check requests and answers, and the OpenAPI document is made from them. */

const SoundFormat = z.enum(SOUND_FORMAT_NAMES).default(STORED_FORMAT)

const id = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER)
export const MusicParams = z.object({ music_id: id })
export const JobParams = z.object({ job_id: id })
export const GraphParams = z.object({ job_id: id, sha256: z.string().regex(/^[0-9a-f]{64}$/) })
export const FileParams = z.object({ file_id: id })
export const FileQuery = z.object({ format: SoundFormat, download: z.string().optional() })
export const StemParams = z.object({ music_id: id, track_id: id, segment: z.coerce.number().int().min(0) })

export const PeaksQuery = z.object({
  bins: z.coerce.number().int().min(1).max(8_192).default(1_000),
  /** In seconds of the song. By default the whole song. */
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
  state: z.enum(SONG_STATES),
  warnings: z.array(z.string()),
  /** The path of its picture. Null without a picture. */
  cover: z.string().nullable(),
  /** The sender's name for the upload. Null once the whole file has arrived. */
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
  /** Why no worker works on it. Null if one does or if no job is open. */
  waits_for: z.string().nullable(),
  /** About how many seconds until its first segment is begun. Null once one is, or if no worker can begin it. */
  begins_in: z.int().nullable(),
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
  /** 'expected': it has no job yet. 'final': its block can be played. */
  state: z.enum(['expected', 'final', ...JOB_STATES]),
  worker: z.string().nullable(),
  attempt: z.int(),
  version: z.int(),
})

/** Without `limit` the answer is one array of all songs, with it a page of that many songs. */
export const LibraryQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).optional(),
  /** The id of the last song of the previous page. */
  after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  order: z.enum(['oldest', 'newest']).default('oldest'),
})

/** @property since the version of a page of the library; events after it are sent */
export const EventsQuery = z.object({ since: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional() })

/** A song of a page of the library. */
export const LibrarySong = Music.extend({
  progress: Progress.optional(),
  /** Left out once the song is separated. */
  segments: z.array(Segment.extend({ music_id: z.int() })).optional(),
})
export type LibrarySong = z.infer<typeof LibrarySong>

export const PlayheadBody = z.object({
  seconds: z.number().min(0).max(1e7),
  /** A random name that a page chooses for itself. */
  listener: z.string().min(1).max(64),
})

const name = z.string().trim().max(300)
/** A missing field stays unchanged. */
export const RenameBody = z.object({ name: name.min(1).optional(), band: name.optional() })

/**
 * Gains in dB by track. Null switches a track off. A track without an entry keeps its level. 12 dB is four times the amplitude.
 * Pan by track is a balance: -1 is left alone, 1 is right alone, 0 or no entry changes nothing.
 */
export const MixBody = z.object({
  gains: z.record(z.string(), z.number().min(-60).max(12).nullable()).default({}),
  pan: z.record(z.string(), z.number().min(-1).max(1)).default({}),
  semitones: z.number().int().min(MIN_SEMITONES).max(MAX_SEMITONES).default(AS_RECORDED.semitones),
  tempo: z.number().min(MIN_TEMPO).max(MAX_TEMPO).default(AS_RECORDED.tempo),
  format: SoundFormat,
})

/** All stems and the mix of a song, in one key and tempo. */
export const ZipQuery = z.object({
  format: SoundFormat,
  semitones: z.coerce.number().int().min(MIN_SEMITONES).max(MAX_SEMITONES).default(AS_RECORDED.semitones),
  tempo: z.coerce.number().min(MIN_TEMPO).max(MAX_TEMPO).default(AS_RECORDED.tempo),
})

/** @property file the path of the mix; it answers 404 until the mix is rendered */
export const MixAnswer = z.object({ file: z.string(), ready: z.boolean() })

export const Peaks = z.object({
  /** 255 is full scale. 0 is silence, or sound that is not separated yet. */
  tracks: z.array(z.object({ track_id: z.int(), peaks: z.array(z.int().min(0).max(255)) })),
})
export type Peaks = z.infer<typeof Peaks>

export const JobAnswer = z.object({
  job_id: z.int(),
  size: z.int(),
  time: z.int(),
  music_id: z.int(),
  track_id: z.array(z.int()),
  state: z.enum(JOB_STATES),
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

/** As in the worker's `Presence`; 'lost' for ten seconds after its process died or fell silent. */
const WorkerState = z.enum([...Presence.shape.state.options, 'lost'])

export const WorkerAnswer = z.object({
  worker: z.string(),
  host: z.string(),
  pid: z.int(),
  state: WorkerState,
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
  /** This and the following fields are left out without a login, if the server has one. */
  version: z.string().optional(),
  broker: z.object({ connected: z.boolean(), address: z.string(), embedded: z.boolean() }).optional(),
  workers: z.int().optional(),
  songs: z.int().optional(),
  /** Whether the server has a login. */
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
  /** The number of connected workers that can use it. */
  workers: z.int(),
  sdr: z.object({ published: Decibels, measured: Decibels }),
  /** Seconds of one worker for one second of sound: measured here, or by the model's description before any measurement. */
  seconds_per_second: z.number(),
  memory_mb: z.number(),
  megabytes: z.number(),
  licence: z.string(),
  source: z.string(),
})
export type ModelAnswer = z.infer<typeof ModelAnswer>

/**
 * The tracks to keep, as an array of ids. Other clients of the same assignment send an object with `tracks` or `instruments`, and
 * ids or names in it. Both are accepted.
 */
const Wanted = z.array(z.union([z.int(), z.string()])).max(64)
export const KeepBody = z.union([
  Wanted,
  z.object({ tracks: Wanted }).transform(({ tracks }) => tracks),
  z.object({ instruments: Wanted }).transform(({ instruments }) => instruments),
])

/** The most uploads of a batch. */
const MAX_BATCH = 1_000
/** FFmpeg refuses files with more streams. */
const MAX_TRACKS = 1_000
const TRACK_FAULT = { error: 'is a whole number from 1' }

export const UploadQuery = z.object({
  filename: z.string().max(4096).optional(),
  model: z.string().max(64).optional(),
  track: z.coerce.number(TRACK_FAULT).int(TRACK_FAULT).min(1).max(MAX_TRACKS).optional(),
  arrival: z.string().min(1).max(64).optional(),
  /** A random name for at most 1,000 files that were chosen together. Their songs get ids in the order of `place`, from 1 to `of`. */
  batch: z.string().min(1).max(64).optional(),
  place: z.coerce.number().int().min(1).max(MAX_BATCH).optional(),
  of: z.coerce.number().int().min(1).max(MAX_BATCH).optional(),
})

/** Fields of a form before its file. The query takes precedence over them. */
export const FormFields = UploadQuery.pick({ model: true, track: true })
export type FormFields = z.infer<typeof FormFields>
