import { z } from 'zod'

/**
 * The messages between server, broker and workers: small JSON. Sound is sent as files. `worker-presence.ts` has one more
 * message. A change that older programs cannot follow raises `CONTRACT`. Both sides refuse another number with an explanation.
 */
export const CONTRACT = 2

/** Each model has its own queue. A worker without memory for a model does not subscribe to it. */
export const jobsQueue = (modelId: string): string => `/queue/minus-one.jobs.${modelId}`
export const CONTROL_TOPIC = '/topic/minus-one.control'
export const resultsQueue = (serverId: string): string => `/queue/minus-one.results.${serverId}`

/** The broker drops an unclaimed invitation after an hour. The ledger then publishes it again. */
export const INVITATION_EXPIRES_MS = 3_600_000

/** An id of the ledger. */
export const idSchema = z.int().positive()
export const nameSchema = z.string().min(1).max(128)
const token = z.string().min(8).max(128)

/** server → jobs queue: offers a job to any worker. */
export const Invitation = z.object({
  v: z.int(),
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

/** The answer to a claim: the job, and the token that gives access to the input and authorizes the result. */
export const Assignment = z.object({
  jobId: idSchema,
  songId: idSchema,
  attempt: idSchema,
  attemptToken: token,
  segment: z.int().min(0),
  modelId: nameSchema,
  inputBytes: idSchema,
  /** The statistics of the whole song (`SongStatistics`), for models that need them. */
  level: z.object({ mean: z.number(), deviation: z.number().min(0) }).nullable(),
})
export type Assignment = z.infer<typeof Assignment>

/**
 * worker → POST /job/{id}/failed. returned: the worker could not try (network, disk, memory); yielded: the job was preempted
 * for one that is heard sooner. Neither counts against anybody.
 */
export const Failure = z.object({ kind: z.enum(['failed', 'returned', 'yielded']), reason: z.string().max(2_000) })
export type Failure = z.infer<typeof Failure>

/** worker → the invitation's replyTo, after the result is stored. It is for the log only, so its loss does no harm. */
export const JobDone = z.object({
  v: z.int(),
  jobId: idSchema,
  attempt: idSchema,
  worker: nameSchema,
  outcome: z.enum(['accepted', 'duplicate']),
  seconds: z.number().min(0),
  fetchSeconds: z.number().min(0),
  separateSeconds: z.number().min(0),
  sendSeconds: z.number().min(0),
})
export type JobDone = z.infer<typeof JobDone>

/**
 * server → all workers. `kind` says why:
 * - beacon: repeats `run` for workers that missed a reset, and lists the models that the server may have work for. A worker
 *   with enough memory subscribes to their jobs, and fetches a model with its first job.
 * - reset: raises `run`. Workers drop work of an older run of that server.
 * - urgent: a listener waits for other jobs. Workers at the jobs in `letGo` stop, and those jobs are done later.
 */
export const Control = z.object({
  v: z.int(),
  kind: z.enum(['beacon', 'reset', 'urgent']),
  serverId: nameSchema,
  run: z.int(),
  models: z.array(z.object({ id: nameSchema, memoryMb: z.number().positive() })).max(256),
  letGo: z.array(idSchema).max(256).default([]),
})
export type Control = z.infer<typeof Control>
