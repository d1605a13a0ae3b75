import { z } from 'zod'
import { LyricsTask } from './lyrics-task.ts'

/**
 * The messages between server, broker and workers: small JSON. Sound is sent as files. `worker-presence.ts` has one more
 * message. A change that older programs cannot follow raises `CONTRACT`. Both sides refuse another number with an explanation.
 */
export const CONTRACT = 3

/** The contract of a message, which is told before the rest is read: another contract has other fields. Null without one. */
export function contractOf(message: unknown): number | null {
  const read = z.object({ v: z.int() }).safeParse(message)
  return read.success ? read.data.v : null
}

/** Each model has its own queue. A worker without memory for a model does not subscribe to it. */
export const jobsQueue = (modelId: string): string => `/queue/minus-one.jobs.${modelId}`
export const CONTROL_TOPIC = '/topic/minus-one.control'
export const resultsQueue = (serverId: string): string => `/queue/minus-one.results.${serverId}`

/** The broker drops an unclaimed invitation after an hour. The ledger then publishes it again. */
export const INVITATION_EXPIRES_MS = 3_600_000

/**
 * The kinds of jobs, which a worker announces and every message about jobs names:
 * - separate: the separation of one segment
 * - lyrics: words are heard or placed in a part of the voice stem (`lyrics-task.ts`)
 */
export const JOB_KINDS = ['separate', 'lyrics'] as const
export type JobKind = (typeof JOB_KINDS)[number]
export const jobKind = z.enum(JOB_KINDS)

/** An id of the ledger. */
export const idSchema = z.int().positive()
export const nameSchema = z.string().min(1).max(128)
const token = z.string().min(8).max(128)

/** server → jobs queue: offers a job to any worker. */
export const Invitation = z.object({
  v: z.int(),
  kind: jobKind,
  jobId: idSchema,
  generation: idSchema,
  server: z.url({ protocol: /^https?$/ }),
  serverId: nameSchema,
  run: z.int(),
  replyTo: nameSchema,
  token,
})
export type Invitation = z.infer<typeof Invitation>

/**
 * worker → POST /job/{id}/claim. `delivery` identifies this delivery to this worker, so a repeated claim gets the same
 * attempt.
 */
export const Claim = z.object({ v: z.int(), generation: idSchema, token, worker: nameSchema, delivery: nameSchema })
export type Claim = z.infer<typeof Claim>

/**
 * The media type of a segment's PCM and of a result. A claim that accepts it is answered with a line of JSON and the input
 * behind it.
 */
export const SOUND_TYPE = 'application/octet-stream'

const assigned = {
  jobId: idSchema,
  songId: idSchema,
  attempt: idSchema,
  attemptToken: token,
  modelId: nameSchema,
  inputBytes: idSchema,
}

/**
 * The answer to a claim: the job, and the token that gives access to the input and authorizes the result. The input of a
 * separation is 16-bit stereo PCM at 44,100 Hz, that of a job for lyrics the voice as 16-bit mono PCM at TASK_SAMPLE_RATE.
 */
export const Assignment = z.discriminatedUnion('kind', [
  z.object({
    ...assigned,
    kind: z.literal('separate'),
    segment: z.int().min(0),
    /** The statistics of the whole song (`SongStatistics`), for models that need them. */
    level: z.object({ mean: z.number(), deviation: z.number().min(0) }).nullable(),
  }),
  z.object({ ...assigned, kind: z.literal('lyrics'), task: LyricsTask }),
])
export type Assignment = z.infer<typeof Assignment>
export type SeparationAssignment = Extract<Assignment, { kind: 'separate' }>
export type LyricsAssignment = Extract<Assignment, { kind: 'lyrics' }>

/**
 * worker → POST /job/{id}/failed. returned: the worker could not try (network, disk, memory); yielded: the job was preempted
 * for one that is heard sooner. Neither counts against anybody.
 */
export const Failure = z.object({ kind: z.enum(['failed', 'returned', 'yielded']), reason: z.string().max(2_000) })
export type Failure = z.infer<typeof Failure>

/** The most bytes of the result of a job for lyrics: JSON (`LyricsTaskResult`). */
export const MAX_LYRICS_RESULT_BYTES = 256 * 1024

/** worker → the invitation's replyTo, after the result is stored. It is for the log only, so its loss does no harm. */
export const JobDone = z.object({
  v: z.int(),
  kind: jobKind,
  jobId: idSchema,
  attempt: idSchema,
  worker: nameSchema,
  outcome: z.enum(['accepted', 'duplicate']),
  seconds: z.number().min(0),
  fetchSeconds: z.number().min(0),
  computeSeconds: z.number().min(0),
  sendSeconds: z.number().min(0),
})
export type JobDone = z.infer<typeof JobDone>

/**
 * server → all workers. `kind` says why:
 * - beacon: repeats `run` for workers that missed a reset, and lists the models that the server may have work for, each with its kind of
 *   job. A worker that does this kind and has enough memory subscribes to their jobs, and fetches a model with its first job.
 * - reset: raises `run`. Workers drop work of an older run of that server.
 * - urgent: a listener waits for other jobs. Workers at the jobs in `letGo` stop, and those jobs are done later.
 */
export const Control = z.object({
  v: z.int(),
  kind: z.enum(['beacon', 'reset', 'urgent']),
  serverId: nameSchema,
  run: z.int(),
  models: z.array(z.object({ id: nameSchema, kind: jobKind, memoryMb: z.number().positive() })).max(256),
  letGo: z.array(idSchema).max(256).default([]),
})
export type Control = z.infer<typeof Control>
