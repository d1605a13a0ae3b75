import type { ClaimRequest, DecoderRequest, Snapshot } from '../../src/dispatch/snapshot.ts'
import type { KnownWorker } from '../../src/dispatch/worker-registry.ts'
import type { Wait } from '../../src/dispatch/yield-to-first-sound.ts'
import { CONTRACT } from '../../src/song/messages.ts'
import type { Job, LyricsJob, SeparationJob } from '../../src/store/queries/jobs.ts'
import type { SongInWork } from '../../src/store/queries/scheduling.ts'

const STRIDE_SAMPLES = 44_100
const MODEL = 'm-1'
/** The model of jobs for lyrics. */
export const SPEECH_MODEL = 's-1'

/** A job, by default of song 1. Its id is made of song and segment. */
export function jobAt(segment: number, changes: Partial<SeparationJob> = {}): SeparationJob {
  const songId = changes.songId ?? 1
  return {
    id: songId * 1_000 + segment + 1,
    songId,
    kind: 'separate',
    modelId: MODEL,
    segment,
    state: 'waiting',
    generation: 0,
    token: 'token',
    publishedAt: null,
    worker: null,
    attempt: 0,
    seconds: 0,
    resultSha256: null,
    blockSha256: null,
    isProvisional: false,
    ...changes,
  }
}

/** A job that a worker has claimed. */
export function claimedBy(worker: string, segment: number, changes: Partial<SeparationJob> = {}): SeparationJob {
  return jobAt(segment, { state: 'claimed', worker, attempt: 1, ...changes })
}

/** A job for the lyrics of song 1. */
export function lyricsJob(id: number, changes: Partial<LyricsJob> = {}): LyricsJob {
  return {
    id,
    songId: 1,
    kind: 'lyrics',
    modelId: SPEECH_MODEL,
    state: 'waiting',
    generation: 0,
    token: 'token',
    publishedAt: null,
    worker: null,
    attempt: 0,
    seconds: 0,
    resultSha256: null,
    ...changes,
  }
}

/** A song with blocks of 1 s, of which 30 s are decoded. */
export function songOf(changes: Partial<SongInWork> = {}): SongInWork {
  const grid = {
    strideSamples: STRIDE_SAMPLES,
    inputOffsetSamples: 0,
    inputSamples: STRIDE_SAMPLES,
    tailSamples: 0,
  }
  return { id: 1, modelId: MODEL, grid, samples: 30 * STRIDE_SAMPLES, isDecoded: false, isUploading: false, ...changes }
}

export function workerOf(worker: string, changes: Partial<KnownWorker> = {}): KnownWorker {
  return {
    v: CONTRACT,
    worker,
    host: worker,
    pid: 1,
    state: 'idle',
    jobId: null,
    serverId: null,
    kinds: ['separate', 'lyrics'],
    models: [MODEL],
    memoryMb: 1_000,
    startedAt: 0,
    jobs: 0,
    speed: null,
    seenAt: 0,
    ...changes,
  }
}

export function claimOf(worker: string, job?: Job, changes: Partial<ClaimRequest> = {}): ClaimRequest {
  return { kind: 'claim', id: 1, worker, job, cameDuringUploadEnd: false, wait: null, ...changes }
}

export function decoderOf(wait: Wait | null = null): DecoderRequest {
  return { kind: 'decoder', id: 2, wait }
}

/** A snapshot that is empty except for the given changes. Its claimed jobs are taken from `jobs`. */
export function snapshotOf({
  jobs = [],
  songs = [songOf()],
  claimedLyrics = [],
  ...changes
}: Partial<Omit<Snapshot, 'jobs' | 'songs' | 'claimed'>> & {
  jobs?: readonly SeparationJob[]
  /** Claimed jobs for lyrics. */
  claimedLyrics?: readonly LyricsJob[]
  songs?: readonly SongInWork[]
} = {}): Snapshot {
  const bySong = Map.groupBy(jobs, ({ songId }) => songId)
  return {
    serverHost: 'server',
    workers: [],
    playheads: [],
    songs: new Map(songs.map((song) => [song.id, song])),
    jobs: new Map([...bySong].map(([songId, own]) => [songId, new Map(own.map((job) => [job.segment, job]))])),
    claimed: [...jobs.filter(({ state }) => state === 'claimed'), ...claimedLyrics],
    claims: [],
    decoders: [],
    uploadsEndingUntilMs: [],
    openSlots: null,
    lyrics: null,
    lossEvidence: null,
    ...changes,
  }
}
