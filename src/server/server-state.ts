import type { MediaPool } from '../audio/media/media-pool.ts'
import type { Dispatch } from '../dispatch/dispatch.ts'
import type { EventStream } from '../listen/events.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { Model } from '../models/description.ts'
import type { Shelf } from '../models/shelf.ts'
import type { Plan } from '../song/plan.ts'
import type { Database } from '../store/database.ts'
import type { Folders } from '../store/paths.ts'
import type { FaultMonitor } from './fault-monitor.ts'
import type { Quota } from './quota.ts'
import type { SongRecords } from './song-records.ts'

/** What every part of the server stands on. */
export type ServerState = {
  db: Database
  folders: Folders
  log: Log
  events: EventStream
  metrics: Metrics
  shelf: Shelf
  defaultModel: string
  mediaPool: MediaPool
  limits: { maxUploadBytes: number; maxSongSeconds: number; maxAttempts: number }
  /** What keeps the server from its work for now. */
  faults: FaultMonitor
  records: SongRecords
  /** Asked before anything begins that takes room on the disk. */
  quota: Quota
  /** Goes up with every reset; older work is to be dropped. */
  run(): number
  dispatch(): Dispatch
  /** Whether the rest of a file that is played already will be there in a moment. */
  isRestComing(): boolean
}

export function planOf(model: Model): Plan {
  const { id, grid, stems, rest, needsWholeSong } = model
  return { modelId: id, grid, stems, rest, needsWholeSong }
}
