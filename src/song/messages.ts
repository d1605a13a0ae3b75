import { z } from 'zod'

/**
 * What travels over the broker and between worker and server: small JSON. Messages carry names, files carry sound.
 * `CONTRACT` counts the changes that older programs cannot follow; both sides refuse another number in words.
 */
export const CONTRACT = 2

/** A queue for each model: who cannot hold it does not listen there. */
export const jobsQueue = (modelId: string): string => `/queue/minus-one.jobs.${modelId}`
export const PRESENCE_TOPIC = '/topic/minus-one.presence'
export const CONTROL_TOPIC = '/topic/minus-one.control'
export const resultsQueue = (serverId: string): string => `/queue/minus-one.results.${serverId}`

/** An unclaimed invitation leaves the broker by itself after an hour; the ledger publishes it again. */
export const INVITATION_EXPIRES_MS = 3_600_000
export const PRESENCE_EVERY_MS = 5_000

const id = z.int().positive()
const name = z.string().min(1).max(128)
const token = z.string().min(8).max(128)

/** server → jobs queue: somebody may claim this job. */
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

/** worker → POST /job/{id}/claim. `delivery` names this delivery to this worker, so that a repeated claim is the same. */
export const Claim = z.object({ v: z.int(), generation: id, token, worker: name, delivery: name })
export type Claim = z.infer<typeof Claim>

/** The media type of a segment's PCM and of a result. Whoever claims and accepts it gets a line of JSON with the sound behind it. */
export const SOUND_TYPE = 'application/octet-stream'

/** The answer to a claim: what to do, and the token that opens the input and takes the result. */
export const Assignment = z.object({
  jobId: id,
  songId: id,
  attempt: id,
  attemptToken: token,
  segment: z.int().min(0),
  modelId: name,
  inputBytes: id,
  /** Of the whole song, for models that need it. */
  level: z.object({ mean: z.number(), deviation: z.number().min(0) }).nullable(),
})
export type Assignment = z.infer<typeof Assignment>

/**
 * worker → POST /job/{id}/failed. returned: it could not try (network, disk, memory); yielded: it let the job go for what
 * is heard sooner. Both count against nobody.
 */
export const Failure = z.object({ kind: z.enum(['failed', 'returned', 'yielded']), reason: z.string().max(2_000) })
export type Failure = z.infer<typeof Failure>

/** worker → the invitation's replyTo, after the result is stored: news for the log; its loss loses nothing. */
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
  /** Ids of the models whose jobs it takes. */
  models: z.array(name).max(256),
  /** What its models together may take. */
  memoryMb: z.number().min(0),
  startedAt: z.number(),
  jobs: z.int().min(0),
  /** Seconds of sound a second, of its last job; null before the first. */
  speed: z.number().nullable(),
})
export type Presence = z.infer<typeof Presence>

/**
 * server → all workers. `run` goes up with every reset: work of an older run of that server is to be dropped.
 * A beacon repeats it, so that a worker that missed a reset heals. It also names the models that the server may have
 * work for: a worker that has the memory for one listens for its jobs, and fetches it with the first. urgent: somebody
 * waits in silence for something else; whoever is at one of the jobs of `letGo` does it later.
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
