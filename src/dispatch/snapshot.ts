import type { Job, LyricsJob, SeparationJob } from '../store/queries/jobs.ts'
import type { NextSong, SongInWork } from '../store/queries/scheduling.ts'
import type { Playhead } from './playheads.ts'
import type { KnownWorker } from './worker-registry.ts'
import type { Wait } from './yield-to-first-sound.ts'

/** The claim of a worker that holds an invitation. */
export type ClaimRequest = {
  kind: 'claim'
  id: number
  worker: string
  /** The job of its invitation; undefined if the invitation is out of date. */
  job: Job | undefined
  /** Whether the upload of a song that is already played was about to end when the claim came. */
  cameDuringUploadEnd: boolean
  wait: Wait | null
}

/** A decoder of the server that asks whether it may continue. */
export type DecoderRequest = { kind: 'decoder'; id: number; wait: Wait | null }

/** The number of invitations that may be sent now for a model, and the songs whose turn it is. Without an open slot no songs are read. */
export type ModelSlots = { modelId: string; slots: number; nextSongs: readonly NextSong[] }

/** The open slots of all models that workers have. */
export type OpenSlots = { models: readonly ModelSlots[]; idleWorkers: number }

/** What `lyrics-turn.ts` needs to know. */
export type LyricsQueue = {
  /** The models of which the first job of a song is waiting or published. */
  modelsWithFirstSound: ReadonlySet<string>
  /** The number of separations that were published since the last job for lyrics. */
  separationsSinceLast: number
  /** For each model that hears voices and that workers have: the number of invitations that may be sent, and the next jobs. */
  models: readonly { modelId: string; slots: number; waiting: readonly LyricsJob[] }[]
}

/** What shows that an invitation was lost. It has ages, not times, because the ledger has its own clock. */
export type LossEvidence = {
  /** Published jobs, and the time since their invitation was sent. */
  published: readonly { job: Job; ageMs: number }[]
  /** The time since the last claim of any invitation. */
  lastClaimAgeMs: number
  /** The time since the last reconnect to the broker; null without a reconnect. */
  reconnectAgeMs: number | null
  /** Workers that are connected or left a moment ago; null shortly after the server's start, before all have sent a presence message. */
  knownWorkers: ReadonlySet<string> | null
}

/** Everything that a decision depends on, at one moment. Times are in milliseconds of one monotonic clock. */
export type Snapshot = {
  /** The name of the server's machine. */
  serverHost: string
  workers: readonly KnownWorker[]
  /** The listener who moved last comes first. */
  playheads: readonly Playhead[]
  /** The songs in separation that have a listener. */
  songs: ReadonlyMap<number, SongInWork>
  /** The separations in prefetch windows, by song and segment. */
  jobs: ReadonlyMap<number, ReadonlyMap<number, SeparationJob>>
  /** Claimed jobs of every kind. Empty if no rule needs them. */
  claimed: readonly Job[]
  claims: readonly ClaimRequest[]
  decoders: readonly DecoderRequest[]
  /** For each upload that will end soon: the time until which that holds if no more bytes come. */
  uploadsEndingUntilMs: readonly number[]
  /** Null to decide about waiting requests only. */
  openSlots: OpenSlots | null
  /** Null if no job for lyrics is open. */
  lyrics: LyricsQueue | null
  /** Null to look for no lost invitations. */
  lossEvidence: LossEvidence | null
}

export function jobAt({ jobs }: Snapshot, { songId, segment }: Playhead): SeparationJob | undefined {
  return jobs.get(songId)?.get(segment)
}
