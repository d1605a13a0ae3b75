import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, filesBelow, type System, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const MEBIBYTE = 2 ** 20
/** More than the server may keep of a form, and enough to be seen in its memory. */
const BOMB_BYTES = 300 * MEBIBYTE
const HEAD = 'content-disposition: form-data; name="f"'
const FILE_HEAD = `--x\r\n${HEAD}; filename="a.wav"\r\n\r\n`
const FILLER = Buffer.alloc(MEBIBYTE, 'a')

type Sent = { status: number; code?: string; sentBytes: number; mostMb: number }

describe('Multipart forms made to hurt', () => {
  let system: System
  before(async () => {
    system = await startSystem({ WORKERS_HEALTHY: '0', STALLED_AFTER_SECONDS: '1' })
  })
  after(() => system.remove())

  const memoryMb = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${system.child.pid}/status`, 'utf8'))?.[1]) / 1024

  /** Sends pieces until the server answers, at most BOMB_BYTES. */
  async function explode(pieces: Iterable<Buffer | string>): Promise<Sent> {
    const headers = { 'content-type': 'multipart/form-data; boundary=x' }
    const asking = request(`${system.url}/music`, { method: 'POST', headers })
    const sent = { sentBytes: 0, mostMb: 0 }
    const answered = new Promise<Sent>((resolve, reject) => {
      asking.on('error', reject)
      asking.on('response', (answer) => {
        let text = ''
        answer.on('data', (bytes) => (text += String(bytes)))
        answer.on('end', () => {
          resolve({ ...sent, status: answer.statusCode ?? 0, ...(JSON.parse(text) as object) })
          asking.destroy()
        })
      })
    })
    const send = async (): Promise<never> => {
      for (const piece of pieces) {
        if (sent.sentBytes > BOMB_BYTES) break
        sent.sentBytes += piece.length
        sent.mostMb = Math.max(sent.mostMb, memoryMb())
        if (!asking.write(piece)) await once(asking, 'drain')
      }
      asking.end()
      return new Promise(() => undefined)
    }
    return Promise.race([answered, send()])
  }

  function* endless(first: string, more: string | Buffer): Generator<string | Buffer> {
    yield first
    for (;;) yield more
  }

  for (const [what, first, more] of [
    ['fields without end', '', `--x\r\n${HEAD}\r\n\r\nv\r\n`.repeat(1_000)],
    ['a field without end', `--x\r\n${HEAD}\r\n\r\n`, FILLER],
    ['no part at all', '', FILLER],
    ['a head without end', `--x\r\n${HEAD}; x="`, FILLER],
    ['heads without end', '--x\r\n', 'x: y\r\n'.repeat(10_000)],
    ['empty parts without end', '', '--x\r\n\r\n\r\n'.repeat(10_000)],
  ] as const) {
    test(`A hostile form is refused early: ${what}`, async () => {
      const beforeMb = memoryMb()
      const { status, sentBytes, mostMb } = await explode(endless(first, more))
      assert.equal(status, 413)
      assert.ok(sentBytes < BOMB_BYTES / 2, `${sentBytes} bytes were read`)
      assert.ok(mostMb < beforeMb + 100, `${beforeMb} MB before, ${mostMb} MB`)
    })
  }

  test('Only the first file of a form is taken, and nothing of the others is kept', async () => {
    const song = wavOf(makeSong(1))
    const beforeMb = memoryMb()
    const fields = `\r\n--x\r\n${HEAD}\r\n\r\nv`.repeat(1_000)
    for (const rest of [endless('\r\n--x--\r\n', FILLER), endless('', fields)]) {
      const { status, mostMb } = await explode(
        (function* () {
          yield FILE_HEAD
          yield song
          yield* rest
        })(),
      )
      assert.equal(status, 200)
      // Garbage of a busy machine is collected late.
      assert.ok(mostMb < beforeMb + 200, `${beforeMb} MB before, ${mostMb} MB`)
    }
    await until('the rest is nowhere', async () => (await filesBelow(join(system.folder, 'incoming'))).length === 0)
  })

  test('A form that stands still is cut off before, in and after its file', { timeout: 30_000 }, async () => {
    const { hostname, port } = new URL(system.url)
    const stall = async (body: string | Buffer) => {
      const socket = connect(Number(port), hostname)
      let answer = ''
      socket.on('data', (bytes) => (answer += String(bytes)))
      socket.on('error', () => undefined)
      socket.write(
        'POST /music HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 9000000\r\n\r\n',
      )
      socket.write(body)
      const dripping = setInterval(() => socket.write('a'), 100)
      await new Promise((resolve) => socket.on('close', resolve))
      clearInterval(dripping)
      return answer
    }
    const song = wavOf(makeSong(1))
    const answers = await Promise.all([
      stall('--x\r\ncontent-dispo'),
      stall(`--x\r\n${HEAD}\r\n\r\n`),
      stall(Buffer.concat([Buffer.from(FILE_HEAD), song.subarray(0, 20_000)])),
    ])
    for (const answer of answers) assert.match(answer, /^HTTP\/1\.1 408 [\s\S]*"code":"stalled"/)
    await stall(Buffer.concat([Buffer.from(FILE_HEAD), song, Buffer.from('\r\n--x--\r\n')]))
    await until('nothing is left of them', async () => (await filesBelow(join(system.folder, 'incoming'))).length === 0)
  })

  test('Hostile forms leave the server as quick as before', async () => {
    await setTimeout(100)
    await client(system.url).json('/music')
    assert.doesNotMatch(system.log(), / - ERROR - /)
  })
})
