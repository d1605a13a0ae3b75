import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'

/*
 * A thread that requests a URL every 20 ms, as a monitor would, independent of the thread that makes the load. At the first
 * message it posts the latencies in milliseconds and ends.
 */
const EVERY_MS = 20

const agent = new Agent({ keepAlive: true })
const latencies: number[] = []
let isStopped = false
parentPort?.once('message', () => (isStopped = true))
while (!isStopped) {
  const askedAt = performance.now()
  const [answer] = (await once(get(workerData as string, { agent }), 'response')) as [IncomingMessage]
  await once(answer.resume(), 'end')
  latencies.push(performance.now() - askedAt)
  await sleep(EVERY_MS)
}
agent.destroy()
parentPort?.postMessage(latencies)
