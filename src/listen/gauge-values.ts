import { statfsSync } from 'node:fs'
import type { Present } from '../metrics.ts'
import type { FaultMonitor } from '../store/data-folder/fault-monitor.ts'
import type { Quota } from '../store/data-folder/quota.ts'
import type { Database } from '../store/ledger/database.ts'
import { countOpenJobs, countSongs } from '../store/queries/totals.ts'
import type { Folders } from '../store/song-files/paths.ts'
import type { ConnectedWorkers } from './connected-workers.ts'

/** The present values of the gauges in the metrics. */
export function gaugeValues({
  db,
  folders,
  quota,
  faults,
  workers,
  broker,
}: {
  db: Database
  folders: Folders
  quota: Quota
  faults: FaultMonitor
  workers: ConnectedWorkers
  broker: { readonly connected: boolean }
}): Present {
  const byState: Record<string, number> = { idle: 0, busy: 0, paused: 0 }
  for (const { state } of workers.list()) byState[state] = (byState[state] ?? 0) + 1
  return {
    jobs: countOpenJobs(db),
    songs: countSongs(db),
    workers: byState,
    isBrokerConnected: broker.connected,
    freeBytes: freeBytes(folders, faults) ?? 0,
    roomBytes: Math.max(0, quota.roomBytes ?? 0),
    ledgerChanges: db.totalChanges,
  }
}

/** Free bytes on the disk of the data folder. Null if the folder is gone. */
function freeBytes(folders: Folders, faults: FaultMonitor): number | null {
  try {
    const { bavail, bsize } = statfsSync(folders.root)
    return bavail * bsize
  } catch (error) {
    if (!faults.classify(error)) throw error
    return null
  }
}
