import type { Job } from '../store/queries/jobs.ts'
import type { NextSong, SongInWork } from '../store/queries/scheduling.ts'
import type { Playhead } from './playheads.ts'
import type { Wait } from './throttle.ts'
import type { KnownWorker } from './worker-registry.ts'

/** A worker that asks for the work it was invited to. */
export type ClaimRequest = {
  kind: 'claim'
  id: number
  worker: string
  /** The job that its invitation leads to; undefined where the invitation means nothing any more. */
  job: Job | undefined
  /** Whether the rest of a file that is played already was about to arrive when it asked. */
  cameDuringUploadEnd: boolean
  wait: Wait | null
}

/** A decoder of the server that asks whether it may go on. */
export type DecoderRequest = { kind: 'decoder'; id: number; wait: Wait | null }

/** The invitations that may go out now for a model, and the songs whose turn it is; empty where no place is open. */
export type ModelSlots = { modelId: string; slots: number; nextSongs: readonly NextSong[] }

/** What is there to be handed out. Null in a snapshot where only waiting requests are decided. */
export type OpenSlots = { models: readonly ModelSlots[]; idleWorkers: number }

/** What shows that an invitation was lost. Ages instead of times, because the ledger has a clock of its own. */
export type LossEvidence = {
  published: readonly { job: Job; ageMs: number }[]
  /** Since any invitation was claimed. */
  lastClaimAgeMs: number
  /** Since the broker was reached again; null where it was never lost. */
  reconnectAgeMs: number | null
  /** Workers that are there, or that left a moment ago; null while they cannot have said yet that they are there. */
  knownWorkers: ReadonlySet<string> | null
}

/** All that a decision is based on, as it was at one moment. Times are milliseconds of one monotonic clock. */
export type Snapshot = {
  /** The name of the machine that the server runs on. */
  serverHost: string
  workers: readonly KnownWorker[]
  /** Where people listen, the one that moved last first. */
  playheads: readonly Playhead[]
  /** Songs being separated that somebody listens to. */
  songs: ReadonlyMap<number, SongInWork>
  /** Jobs that are heard next, by song and segment. */
  jobs: ReadonlyMap<number, ReadonlyMap<number, Job>>
  /** Jobs that workers are at; empty where no rule needs them. */
  claimed: readonly Job[]
  claims: readonly ClaimRequest[]
  decoders: readonly DecoderRequest[]
  /** For each upload whose rest is about to arrive: until when that holds if nothing more comes. */
  uploadsEndingUntilMs: readonly number[]
  openSlots: OpenSlots | null
  lossEvidence: LossEvidence | null
}

export function jobAt({ jobs }: Snapshot, { songId, segment }: Playhead): Job | undefined {
  return jobs.get(songId)?.get(segment)
}
