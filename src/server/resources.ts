import { MediaPool } from '../audio/media/media-pool.ts'
import type { Config } from '../config.ts'
import type { Log } from '../log.ts'
import { Metrics } from '../metrics.ts'
import type { Shelf } from '../models/shelf.ts'
import { openLedger } from '../recover/open-ledger.ts'
import { FaultMonitor } from '../store/data-folder/fault-monitor.ts'
import type { FolderLock } from '../store/data-folder/folder-lock.ts'
import { Quota } from '../store/data-folder/quota.ts'
import { ensureReserve } from '../store/data-folder/reserve.ts'
import type { Database } from '../store/ledger/database.ts'
import { LedgerFeed } from '../store/ledger/ledger-feed.ts'
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
  records: SongRecords
  metrics: Metrics
  mediaPool: MediaPool
  shelf: Shelf
  log: Log
  limits: { maxUploadBytes: number; maxSongSeconds: number }
}

const MEBIBYTE = 2 ** 20

/**
 * Opens the ledger and builds the resources on top of it.
 * @param folders the data folder, which this process has locked by `lock`
 */
export async function openResources({
  config,
  shelf,
  folders,
  lock,
  isClockTrusted,
  log,
}: {
  config: Config
  shelf: Shelf
  folders: Folders
  lock: FolderLock
  isClockTrusted: boolean
  log: Log
}): Promise<ServerResources> {
  const feed = new LedgerFeed()
  const { db, serverId } = await openLedger({ folders, isClockTrusted, feed, log })
  const faults = new FaultMonitor({ db, lock, folders, log })
  ensureReserve(folders)
  const records = new SongRecords({ db, folders, log, faults })
  faults.onOver(() => {
    ensureReserve(folders)
    records.retryFailedWrites()
  })
  return {
    db,
    serverId,
    folders,
    feed,
    faults,
    quota: new Quota({ db, folders, maxGigabytes: config.MAX_DATA_GB }),
    records,
    metrics: new Metrics(),
    mediaPool: new MediaPool(),
    shelf,
    log,
    limits: {
      maxUploadBytes: config.MAX_UPLOAD_MB * MEBIBYTE,
      maxSongSeconds: config.MAX_SONG_MINUTES * 60,
    },
  }
}
