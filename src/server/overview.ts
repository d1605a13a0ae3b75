import { statfsSync } from 'node:fs'
import type { StompClient } from '../broker/client/stomp-client.ts'
import { brokerAddress, type Config } from '../config.ts'
import type { Health, WorkerAnswer } from '../listen/schemas.ts'
import type { Present } from '../metrics.ts'
import { authorityOf } from '../song/address.ts'
import { PASSING_FAULTS } from '../song/passing-fault.ts'
import { getJob, modelsAtWork } from '../store/jobs.ts'
import { countOpenJobs, countSongs } from '../store/totals.ts'
import type { ServerState } from './server-state.ts'

/** What can be seen of the server from outside: who works, whether all is well, and the figures. */
export class Overview {
  readonly #state: ServerState
  readonly #broker: StompClient
  readonly #config: Config
  readonly #about: { version: string; isEmbedded: boolean; serverId: string }

  constructor({
    state,
    broker,
    config,
    about,
  }: {
    state: ServerState
    broker: StompClient
    config: Config
    about: { version: string; isEmbedded: boolean; serverId: string }
  }) {
    this.#state = state
    this.#broker = broker
    this.#config = config
    this.#about = about
  }

  workers(): WorkerAnswer[] {
    const { db, dispatch } = this.#state
    const { serverId } = this.#about
    return dispatch()
      .workers.list()
      .map((worker) => ({
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
    const { version, isEmbedded } = this.#about
    const { connected } = this.#broker
    const { host, port } = brokerAddress(this.#config)
    const address = authorityOf(host, port)
    return {
      ok: connected && !this.#state.faults.stopsWork && this.#state.faults.current !== 'no-room',
      reasons: this.#reasons(),
      version,
      broker: { connected, address, embedded: isEmbedded },
      workers: this.#state.dispatch().workers.list().length,
      songs: Object.values(countSongs(this.#state.db)).reduce((sum, count) => sum + count, 0),
      login: this.#config.ACCESS_TOKEN !== undefined,
    }
  }

  present(): Present {
    const { db, dispatch } = this.#state
    const workers: Record<string, number> = { idle: 0, busy: 0, paused: 0 }
    for (const { state } of dispatch().workers.list()) workers[state] = (workers[state] ?? 0) + 1
    return {
      jobs: countOpenJobs(db),
      songs: countSongs(db),
      workers,
      isBrokerConnected: this.#broker.connected,
      freeBytes: this.#freeBytes() ?? 0,
      roomBytes: Math.max(0, this.#state.quota.roomBytes ?? 0),
      ledgerChanges: db.totalChanges,
    }
  }

  /** Names no addresses: strangers may read it. */
  #reasons(): string[] {
    const { db, dispatch, shelf } = this.#state
    const { workers } = dispatch()
    const reasons: string[] = []
    const { current } = this.#state.faults
    if (current) reasons.push(PASSING_FAULTS[current].message)
    if (!this.#broker.connected) reasons.push('The broker is not reached.')
    else if (workers.available() === 0) reasons.push('No worker is connected; songs wait.')
    else {
      for (const id of modelsAtWork(db).filter((modelId) => workers.available(modelId) === 0)) {
        reasons.push(`Songs wait: no connected worker can use the model ${shelf.byId(id)?.name ?? id}.`)
      }
    }
    const { roomBytes, littleBytes } = this.#state.quota
    if (roomBytes !== null && roomBytes < littleBytes) {
      const left = Math.max(0, Math.floor(roomBytes / 2 ** 20))
      reasons.push(`Only ${left} MiB are left for songs (MAX_DATA_GB and the disk); delete some or make room.`)
    }
    return reasons
  }

  /** Null where the folder is gone. */
  #freeBytes(): number | null {
    try {
      const { bavail, bsize } = statfsSync(this.#state.folders.root)
      return bavail * bsize
    } catch (error) {
      if (!this.#state.faults.note(error)) throw error
      return null
    }
  }
}
