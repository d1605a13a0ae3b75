import { z } from 'zod'
import { idSchema, jobKind, nameSchema } from './messages.ts'

export const PRESENCE_TOPIC = '/topic/minus-one.presence'
export const PRESENCE_EVERY_MS = 5_000
/** The process id in the message that a worker's process has died. */
export const DEATH_NOTICE_PID = 0

/** worker → everybody, every PRESENCE_EVERY_MS and at each change. */
export const Presence = z.object({
  v: z.int(),
  worker: nameSchema,
  host: z.string().max(255),
  pid: z.int(),
  state: z.enum(['idle', 'busy', 'paused', 'leaving']),
  jobId: idSchema.nullable(),
  serverId: nameSchema.nullable(),
  /** The kinds of jobs that it does. It is offered no others. */
  kinds: z.array(jobKind).max(8),
  /** Ids of the models that the worker takes jobs of. */
  models: z.array(nameSchema).max(256),
  /** The memory that its models may use together. */
  memoryMb: z.number().min(0),
  startedAt: z.number(),
  jobs: z.int().min(0),
  /** Seconds of sound per second in its last separation; null before the first. */
  speed: z.number().nullable(),
})
export type Presence = z.infer<typeof Presence>
