import { z } from 'zod'

/**
 * The messages between server, broker and workers: small JSON. Sound is sent as files. `CONTRACT` is raised by changes that
 * older programs cannot follow. Both sides refuse another number with an explanation.
 */
export const CONTRACT = 2

/** Each model has its own queue. A worker without memory for a model does not subscribe to it. */
export const jobsQueue = (modelId: string): string => `/queue/minus-one.jobs.${modelId}`
export const PRESENCE_TOPIC = '/topic/minus-one.presence'
export const CONTROL_TOPIC = '/topic/minus-one.control'
export const resultsQueue = (serverId: string): string => `/queue/minus-one.results.${serverId}`

/** The broker drops an unclaimed invitation after an hour. The ledger then publishes it again. */
export const INVITATION_EXPIRES_MS = 3_600_000
export const PRESENCE_EVERY_MS = 5_000

const id = z.int().positive()
const name = z.string().min(1).max(128)
const token = z.string().min(8).max(128)

/** server → jobs queue: offers a job to any worker. */
export const Invitation = z.object({
  v: z.int(),
  jobId: id,
  generation: id,
  server: z.url({ protocol: /^https?$/ }),
  serverId: name,
  run: z.int(),
  replyTo: name,
  token,
})
export type Invitation = z.infer<typeof Invitation>

/**
 * worker → POST /job/{id}/claim. `delivery` identifies this delivery to this worker, so a repeated claim gets the same
 * attempt.
 */
export const Claim = z.object({ v: z.int(), generation: id, token, worker: name, delivery: name })
export type Claim = z.infer<typeof Claim>

/**
 * The media type of a segment's PCM and of a result. A claim that accepts it is answered with a line of JSON and the input
 * behind it.
 */
export const SOUND_TYPE = 'application/octet-stream'

/** The answer to a claim: the job, and the token that gives access to the input and authorizes the result. */
export const Assignment = z.object({
  jobId: id,
  songId: id,
  attempt: id,
  attemptToken: token,
  segment: z.int().min(0),
  modelId: name,
  inputBytes: id,
  /** The level of the whole song, for models that need it. */
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
  jobId: id,
  attempt: id,
  worker: name,
  outcome: z.enum(['accepted', 'duplicate']),
  seconds: z.number().min(0),
  fetchSeconds: z.number().min(0),
  separateSeconds: z.number().min(0),
  sendSeconds: z.number().min(0),
})
export type JobDone = z.infer<typeof JobDone>

/** worker → everybody, every PRESENCE_EVERY_MS and at each change. */
export const Presence = z.object({
  v: z.int(),
  worker: name,
  host: z.string().max(255),
  pid: z.int(),
  state: z.enum(['idle', 'busy', 'paused', 'leaving']),
  jobId: id.nullable(),
  serverId: name.nullable(),
  /** Ids of the models that the worker takes jobs of. */
  models: z.array(name).max(256),
  /** The memory that its models may use together. */
  memoryMb: z.number().min(0),
  startedAt: z.number(),
  jobs: z.int().min(0),
  /** Seconds of sound per second in its last job; null before the first. */
  speed: z.number().nullable(),
})
export type Presence = z.infer<typeof Presence>

/**
 * server → all workers. `run` is raised by every reset: workers drop work of an older run of that server. A beacon repeats
 * it, for workers that missed a reset. A beacon also lists the models that the server may have work for. A worker with
 * enough memory subscribes to their jobs, and fetches a model with its first job. urgent: a listener waits for other jobs,
 * so workers at the jobs in `letGo` stop and do them later.
 */
export const Control = z.object({
  v: z.int(),
  kind: z.enum(['beacon', 'reset', 'urgent']),
  serverId: name,
  run: z.int(),
  models: z.array(z.object({ id: name, memoryMb: z.number().positive() })).max(256),
  letGo: z.array(id).max(256).default([]),
})
export type Control = z.infer<typeof Control>
