import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { client, startSystem } from '../../support/system.ts'

const SLOW = 100
const HEAD_SECONDS = 20
/** The server checks every second; the rest is for a busy machine. */
const LATEST_SECONDS = HEAD_SECONDS + 5

test('Request headers that come a letter at a time are cut off after 20 seconds and keep nobody waiting', async () => {
  const system = await startSystem({ WORKERS_HEALTHY: '0' })
  try {
    const { hostname, port } = new URL(system.url)
    const drip = () =>
      new Promise<{ answer: string; seconds: number }>((resolve) => {
        const beganAt = performance.now()
        const socket = connect(Number(port), hostname, () => socket.write('GET /music HTTP/1.1\r\nx: '))
        const dripping = setInterval(() => socket.write('a'), 500)
        let answer = ''
        socket.on('data', (bytes) => (answer += String(bytes)))
        socket.on('error', () => undefined)
        socket.on('close', () => {
          clearInterval(dripping)
          resolve({ answer, seconds: (performance.now() - beganAt) / 1000 })
        })
      })
    const slow = Array.from({ length: SLOW }, drip)
    await client(system.url).json('/music')
    for (const { answer, seconds } of await Promise.all(slow)) {
      assert.match(answer, /^HTTP\/1\.1 408 [\s\S]*"code":"stalled"/)
      assert.ok(seconds > HEAD_SECONDS - 1 && seconds < LATEST_SECONDS, `${seconds} s`)
    }
  } finally {
    await system.remove()
  }
})
