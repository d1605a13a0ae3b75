import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'

/*
 * A thread that asks for a URL as a monitor does, whatever the thread that makes the load is busy with, until it is sent a
 * message; then it posts the latencies in milliseconds.
 */
const EVERY_MS = 20

const agent = new Agent({ keepAlive: true })
const latencies: number[] = []
let isOver = false
parentPort?.once('message', () => (isOver = true))
while (!isOver) {
  const askedAt = performance.now()
  const [answer] = (await once(get(workerData as string, { agent }), 'response')) as [IncomingMessage]
  await once(answer.resume(), 'end')
  latencies.push(performance.now() - askedAt)
  await sleep(EVERY_MS)
}
agent.destroy()
parentPort?.postMessage(latencies)
