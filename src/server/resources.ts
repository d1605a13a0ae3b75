import { MediaPool } from '../audio/media/media-pool.ts'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import { Metrics } from '../metrics.ts'
import type { InstalledModels } from '../models/installed-models.ts'
import { MEBIBYTE } from '../platform/byte-units.ts'
import { transientFaultOf } from '../platform/transient-fault.ts'
import { openLedger } from '../recover/open-ledger.ts'
import { FaultMonitor } from '../store/data-folder/fault-monitor.ts'
import type { FolderLock } from '../store/data-folder/folder-lock.ts'
import { Quota } from '../store/data-folder/quota.ts'
import { Reserve } from '../store/data-folder/reserve.ts'
import type { Database } from '../store/ledger/database.ts'
import { LedgerFeed } from '../store/ledger/ledger-feed.ts'
import { SetlistsFile } from '../store/records/setlists-file.ts'
import { SongRecords } from '../store/records/song-records.ts'
import type { Folders } from '../store/song-files/paths.ts'

/** The ledger, the data folder and everything else that several parts of the server use. */
export type ServerResources = {
  db: Database
  /** Identifies this server to workers. It stays the same for the life of the data folder. */
  serverId: string
  folders: Folders
  feed: LedgerFeed
  faults: FaultMonitor
  quota: Quota
  reserve: Reserve
  records: SongRecords
  setlistsFile: SetlistsFile
  metrics: Metrics
  mediaPool: MediaPool
  installedModels: InstalledModels
  log: Log
  limits: { maxUploadBytes: number; maxSongSeconds: number }
}

/**
 * Opens the ledger and builds the resources on top of it.
 * @param folders the data folder, which this process has locked by `lock`
 */
export async function openResources({
  config,
  installedModels,
  folders,
  lock,
  isClockTrusted,
  log,
}: {
  config: Config
  installedModels: InstalledModels
  folders: Folders
  lock: FolderLock
  isClockTrusted: boolean
  log: Log
}): Promise<ServerResources> {
  const feed = new LedgerFeed((error) => {
    if (!transientFaultOf(error)) log.error({ err: error }, 'Server: a change of the ledger could not be passed on.')
  })
  const { db, serverId } = await openLedger({ folders, isClockTrusted, feed, log })
  const faults = new FaultMonitor({ db, lock, folders, log })
  const records = new SongRecords({ db, folders, log, faults })
  const setlistsFile = new SetlistsFile({ db, folders, log, faults })
  faults.onOver(() => records.retryFailedWrites())
  faults.onOver(() => setlistsFile.retryFailedWrite())
  return {
    db,
    serverId,
    folders,
    feed,
    faults,
    quota: new Quota({ db, folders, maxGigabytes: config.MAX_DATA_GB }),
    reserve: new Reserve(folders),
    records,
    setlistsFile,
    metrics: new Metrics(),
    mediaPool: new MediaPool(),
    installedModels,
    log,
    limits: {
      maxUploadBytes: config.MAX_UPLOAD_MB * MEBIBYTE,
      maxSongSeconds: config.MAX_SONG_MINUTES * 60,
    },
  }
}
