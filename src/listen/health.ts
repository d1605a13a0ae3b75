import type { InstalledModels } from '../models/installed-models.ts'
import { authorityOf } from '../platform/address.ts'
import { TRANSIENT_FAULTS } from '../platform/transient-fault.ts'
import type { FaultMonitor } from '../store/data-folder/fault-monitor.ts'
import type { Quota } from '../store/data-folder/quota.ts'
import type { Database } from '../store/ledger/database.ts'
import { modelIdsInWork } from '../store/queries/jobs.ts'
import { countSongs } from '../store/queries/totals.ts'
import type { ConnectedWorkers } from './connected-workers.ts'
import type { Health } from './schemas.ts'

export type HealthSource = {
  db: Database
  installedModels: InstalledModels
  quota: Quota
  faults: FaultMonitor
  workers: ConnectedWorkers
  broker: { readonly connected: boolean }
  brokerAddress: { host: string; port: number }
  isEmbedded: boolean
  /** Whether people have to log in. */
  hasLogin: boolean
  version: string
}

/** Whether the server works, why songs wait, and how it is set up. */
export function healthAnswer(source: HealthSource): Health {
  const { db, broker, brokerAddress, faults, workers, version, isEmbedded, hasLogin } = source
  const { connected } = broker
  return {
    ok: connected && !faults.stopsWork && faults.current !== 'no-room',
    reasons: reasons(source),
    version,
    broker: { connected, address: authorityOf(brokerAddress.host, brokerAddress.port), embedded: isEmbedded },
    workers: workers.list().length,
    songs: Object.values(countSongs(db)).reduce((sum, count) => sum + count, 0),
    login: hasLogin,
  }
}

/** Names no addresses, because visitors without a login read them too. */
function reasons({ db, workers, installedModels, broker, faults, quota }: HealthSource): string[] {
  const found: string[] = []
  const { current } = faults
  if (current) found.push(TRANSIENT_FAULTS[current].message)
  if (!broker.connected) found.push('The broker is not reached.')
  else if (workers.available() === 0) found.push('No worker is connected; songs wait.')
  else {
    for (const id of modelIdsInWork(db).filter((modelId) => workers.available(modelId) === 0)) {
      found.push(`Songs wait: no connected worker can use the model ${installedModels.byId(id)?.name ?? id}.`)
    }
  }
  const { roomBytes, lowRoomBytes } = quota
  if (roomBytes !== null && roomBytes < lowRoomBytes) {
    const left = Math.max(0, Math.floor(roomBytes / 2 ** 20))
    found.push(`Only ${left} MiB are left for songs (MAX_DATA_GB and the disk); delete some or make room.`)
  }
  return found
}
