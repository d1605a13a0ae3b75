import { hostname } from 'node:os'
import { StompClient } from '../../broker/client/stomp-client.ts'
import type { Config } from '../../config.ts'
import { CONTRACT, PRESENCE_EVERY_MS, PRESENCE_TOPIC, type Presence } from '../../song/messages.ts'
import { workersBroker } from '../worker-broker-address.ts'

/**
 * Says for a worker process that was killed what it could not say itself: that it is gone. Whoever waits for what it had
 * in hand need not wait until its silence is noticed. Losing this costs just that.
 */
export async function sendDeathNotice(config: Config, worker: string): Promise<void> {
  const nobody = { info: () => undefined, warn: () => undefined }
  const broker = new StompClient({ address: workersBroker(config), heartbeats: { outMs: 0, inMs: 0 }, log: nobody })
  const presence: Presence = {
    v: CONTRACT,
    worker,
    host: hostname(),
    pid: 0,
    state: 'leaving',
    jobId: null,
    serverId: null,
    models: [],
    memoryMb: 0,
    startedAt: 0,
    jobs: 0,
    speed: null,
  }
  const signal = AbortSignal.timeout(PRESENCE_EVERY_MS)
  await broker
    .publish({ destination: PRESENCE_TOPIC, body: JSON.stringify(presence), signal })
    .catch(() => undefined)
    .then(() => broker.close())
}
