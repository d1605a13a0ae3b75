/*
 * The lifecycles of songs, jobs and attempts: all permitted transitions of their states, by cause. Functions of
 * `store/transitions/` make them. Where one function makes several, such as `swapInvitation`, each has a name here. `null`
 * means that the row does not exist yet. SQLite refuses every other change of these states (`store/ledger/lifecycle-guard.ts`). ARCHITECTURE.md draws these tables.
 */

/** added: no separation was requested; separating; separated: every stem is complete; failed: it has an error. */
export const SONG_STATES = ['added', 'separating', 'separated', 'failed'] as const
export type SongState = (typeof SONG_STATES)[number]

/** Whether a song's file is complete. Until then the column `arrival` holds the name of the upload. */
export type UploadState = 'uploading' | 'whole'

/** Whether the whole song is decoded (column `is_decoded`). */
export type DecodingState = 'undecoded' | 'decoded'

/** Whether a song is listed or deleted (column `deleted_at`). An erased song has no row. */
export type ListingState = 'listed' | 'deleted'

/** waiting: only in the ledger; published: its invitation is at the broker; claimed: a worker has it; done: its result counts. */
export const JOB_STATES = ['waiting', 'published', 'claimed', 'done', 'cancelled'] as const
export type JobState = (typeof JOB_STATES)[number]

/** lost: its worker died or froze, or another attempt won; returned: the worker could not try, which counts against nobody. */
export type AttemptState = 'running' | 'done' | 'failed' | 'lost' | 'returned'

export type Transition<State extends string> = { from: readonly (State | null)[]; to: State }

type Lifecycle<State extends string> = Readonly<Record<string, Transition<State>>>

/** The states of a job that is still to be done. */
export const OPEN_JOB_STATES = ['waiting', 'published', 'claimed'] as const satisfies readonly JobState[]

export const SONG_TRANSITIONS = {
  addSong: { from: [null], to: 'added' },
  /** No separation was requested before the ledger was lost. */
  addRecoveredSong: { from: [null], to: 'added' },
  addRecoveredSongInWork: { from: [null], to: 'separating' },
  requestMix: { from: ['added'], to: 'separating' },
  finishSeparation: { from: ['separating'], to: 'separated' },
  /** Results of a separated song were lost. */
  reopenSeparation: { from: ['separated'], to: 'separating' },
  failSong: { from: ['added', 'separating'], to: 'failed' },
  retrySong: { from: ['failed'], to: 'separating' },
} as const satisfies Lifecycle<SongState>

export const UPLOAD_TRANSITIONS = {
  addSong: { from: [null], to: 'whole' },
  addRecoveredSong: { from: [null], to: 'whole' },
  /** The song can be played while the rest of its file is uploaded. */
  addUploadingSong: { from: [null], to: 'uploading' },
  finishUpload: { from: ['uploading'], to: 'whole' },
  /** After a crash, the file turned out to be complete. */
  confirmUpload: { from: ['uploading'], to: 'whole' },
} as const satisfies Lifecycle<UploadState>

export const DECODING_TRANSITIONS = {
  addSong: { from: [null], to: 'undecoded' },
  addRecoveredSong: { from: [null], to: 'undecoded' },
  addDecodedSong: { from: [null], to: 'decoded' },
  finishDecoding: { from: ['undecoded'], to: 'decoded' },
  retrySong: { from: ['decoded'], to: 'undecoded' },
} as const satisfies Lifecycle<DecodingState>

export const LISTING_TRANSITIONS = {
  addSong: { from: [null], to: 'listed' },
  addRecoveredSong: { from: [null], to: 'listed' },
  /** It was deleted before the ledger was lost. */
  addDeletedSong: { from: [null], to: 'deleted' },
  deleteSong: { from: ['listed'], to: 'deleted' },
  restoreSong: { from: ['deleted'], to: 'listed' },
} as const satisfies Lifecycle<ListingState>

export const JOB_TRANSITIONS = {
  addJobs: { from: [null], to: 'waiting' },
  /** Words are to be heard or placed in a part of the voice. */
  addLyricsJobs: { from: [null], to: 'waiting' },
  /** The input comes from a seek decode. The song's own decoding has not confirmed it yet. */
  addProvisionalJobs: { from: [null], to: 'waiting' },
  addRecoveredJobs: { from: [null], to: 'done' },
  /** An invitation of a new generation is sent, for the first time or again. */
  publishJob: { from: OPEN_JOB_STATES, to: 'published' },
  /** Its invitation is swapped to a job that is heard sooner. */
  loseInvitation: { from: ['published'], to: 'waiting' },
  /** A separation became more urgent before a worker could claim this job for lyrics. */
  withdrawInvitation: { from: ['published'], to: 'waiting' },
  /** It gets the invitation of a job that is heard later. */
  gainInvitation: { from: ['waiting', 'published'], to: 'published' },
  claimJob: { from: OPEN_JOB_STATES, to: 'claimed' },
  /** The commit point: the first valid result of any attempt counts. */
  acceptResult: { from: OPEN_JOB_STATES, to: 'done' },
  /** Its attempt ended without a result. Its invitation can be claimed again. */
  endAttempt: { from: ['claimed'], to: 'published' },
  /** The broker with the invitations is gone. */
  recallInvitations: { from: ['published', 'claimed'], to: 'waiting' },
  reopenAfterLostResult: { from: ['done'], to: 'waiting' },
  /** The song's own decoding gave other samples than the seek decode. */
  reopenAfterChangedInput: { from: ['done'], to: 'waiting' },
  cancelJobsOfFailedSong: { from: OPEN_JOB_STATES, to: 'cancelled' },
  cancelJobsOfDeletedSong: { from: OPEN_JOB_STATES, to: 'cancelled' },
  reopenJobsOfRestoredSong: { from: ['cancelled'], to: 'waiting' },
} as const satisfies Lifecycle<JobState>

export const ATTEMPT_TRANSITIONS = {
  beginAttempt: { from: [null], to: 'running' },
  /** A result may arrive after its attempt was taken for lost. The first result counts all the same. */
  winAttempt: { from: ['running', 'failed', 'lost', 'returned'], to: 'done' },
  /** Another attempt began or won. */
  loseAttempt: { from: ['running'], to: 'lost' },
  failAttempt: { from: ['running'], to: 'failed' },
  returnAttempt: { from: ['running'], to: 'returned' },
  returnAttemptsOfDeletedSong: { from: ['running'], to: 'returned' },
} as const satisfies Lifecycle<AttemptState>

/** The states that a transition may start from, without `null`. */
export function statesBefore<State extends string>({ from }: Transition<State>): State[] {
  return from.filter((state) => state !== null)
}
