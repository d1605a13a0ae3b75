import { statfsSync } from 'node:fs'
import type { Present } from '../metrics.ts'
import type { Shelf } from '../models/shelf.ts'
import { authorityOf } from '../song/address.ts'
import { PASSING_FAULTS } from '../song/passing-fault.ts'
import type { FaultMonitor } from '../store/data-folder/fault-monitor.ts'
import type { Quota } from '../store/data-folder/quota.ts'
import type { Database } from '../store/ledger/database.ts'
import { getJob, modelIdsInWork } from '../store/queries/jobs.ts'
import { countOpenJobs, countSongs } from '../store/queries/totals.ts'
import type { Folders } from '../store/song-files/paths.ts'
import type { Health, WorkerAnswer } from './schemas.ts'
import type { ConnectedWorkers } from './connected-workers.ts'

type OverviewOptions = {
  db: Database
  folders: Folders
  shelf: Shelf
  quota: Quota
  faults: FaultMonitor
  workers: ConnectedWorkers
  broker: { readonly connected: boolean }
  brokerAddress: { host: string; port: number }
  isEmbedded: boolean
  /** Whether people have to log in. */
  hasLogin: boolean
  version: string
  serverId: string
}

/** What can be seen of the server from outside: who works, whether all is well, and the figures. */
export class Overview {
  readonly #options: OverviewOptions

  constructor(options: OverviewOptions) {
    this.#options = options
  }

  workers(): WorkerAnswer[] {
    const { db, workers, serverId } = this.#options
    return workers.list().map((worker) => ({
      worker: worker.worker,
      host: worker.host,
      pid: worker.pid,
      state: worker.state,
      job_id: worker.serverId === serverId ? worker.jobId : null,
      music_id: worker.serverId === serverId && worker.jobId ? (getJob(db, worker.jobId)?.songId ?? null) : null,
      models: worker.models,
      since: new Date(worker.startedAt).toISOString(),
      jobs: worker.jobs,
      speed: worker.speed,
    }))
  }

  health(): Health {
    const { db, broker, faults, workers, version, isEmbedded, hasLogin } = this.#options
    const { connected } = broker
    const address = authorityOf(this.#options.brokerAddress.host, this.#options.brokerAddress.port)
    return {
      ok: connected && !faults.stopsWork && faults.current !== 'no-room',
      reasons: this.#reasons(),
      version,
      broker: { connected, address, embedded: isEmbedded },
      workers: workers.list().length,
      songs: Object.values(countSongs(db)).reduce((sum, count) => sum + count, 0),
      login: hasLogin,
    }
  }

  present(): Present {
    const { db, broker, quota } = this.#options
    const workers: Record<string, number> = { idle: 0, busy: 0, paused: 0 }
    for (const { state } of this.#options.workers.list()) workers[state] = (workers[state] ?? 0) + 1
    return {
      jobs: countOpenJobs(db),
      songs: countSongs(db),
      workers,
      isBrokerConnected: broker.connected,
      freeBytes: this.#freeBytes() ?? 0,
      roomBytes: Math.max(0, quota.roomBytes ?? 0),
      ledgerChanges: db.totalChanges,
    }
  }

  /** Names no addresses: strangers may read it. */
  #reasons(): string[] {
    const { db, workers, shelf, broker, faults, quota } = this.#options
    const reasons: string[] = []
    const { current } = faults
    if (current) reasons.push(PASSING_FAULTS[current].message)
    if (!broker.connected) reasons.push('The broker is not reached.')
    else if (workers.available() === 0) reasons.push('No worker is connected; songs wait.')
    else {
      for (const id of modelIdsInWork(db).filter((modelId) => workers.available(modelId) === 0)) {
        reasons.push(`Songs wait: no connected worker can use the model ${shelf.byId(id)?.name ?? id}.`)
      }
    }
    const { roomBytes, lowRoomBytes } = quota
    if (roomBytes !== null && roomBytes < lowRoomBytes) {
      const left = Math.max(0, Math.floor(roomBytes / 2 ** 20))
      reasons.push(`Only ${left} MiB are left for songs (MAX_DATA_GB and the disk); delete some or make room.`)
    }
    return reasons
  }

  /** Null where the folder is gone. */
  #freeBytes(): number | null {
    try {
      const { bavail, bsize } = statfsSync(this.#options.folders.root)
      return bavail * bsize
    } catch (error) {
      if (!this.#options.faults.note(error)) throw error
      return null
    }
  }
}
