import { hostname } from 'node:os'
import { StompClient } from '../../broker/client/stomp-client.ts'
import type { Config } from '../../config.ts'
import { CONTRACT } from '../../song/messages.ts'
import { DEATH_NOTICE_PID, PRESENCE_EVERY_MS, PRESENCE_TOPIC, type Presence } from '../../song/worker-presence.ts'
import { workerBrokerAddress } from '../worker-broker-address.ts'

/**
 * Tells the servers that a worker process was killed. Otherwise they notice it only when they miss its presence, as they do if
 * this notice gets lost.
 */
export async function sendDeathNotice(config: Config, worker: string): Promise<void> {
  const silent = { info: () => undefined, warn: () => undefined }
  const broker = new StompClient({
    address: workerBrokerAddress(config),
    heartbeats: { outMs: 0, inMs: 0 },
    log: silent,
  })
  const presence: Presence = {
    v: CONTRACT,
    worker,
    host: hostname(),
    pid: DEATH_NOTICE_PID,
    state: 'leaving',
    jobId: null,
    serverId: null,
    kinds: [],
    models: [],
    memoryMb: 0,
    startedAt: 0,
    jobs: 0,
    speed: null,
  }
  const signal = AbortSignal.timeout(PRESENCE_EVERY_MS)
  const publication = { destination: PRESENCE_TOPIC, body: JSON.stringify(presence), signal }
  await broker.publish(publication).catch(() => undefined)
  await broker.close()
}
