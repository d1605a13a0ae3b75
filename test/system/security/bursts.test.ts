import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { Music } from '../../../src/listen/schemas.ts'
import { allPids, memoryOf, parentOf, titleOf } from '../../support/proc.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type System, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const ESTABLISHED = '01'

describe('Many equal requests at once', () => {
  let system: System
  let api: ReturnType<typeof client>
  let music: Music

  before(async () => {
    system = await startSystem({ WORKERS_HEALTHY: '2', STALLED_AFTER_SECONDS: '1' })
    api = client(system.url)
    music = await api.upload(wavOf(makeSong(8)))
    await api.keep(music.music_id, ['instrumental'])
    await api.ready(music.music_id)
  })
  after(() => system.remove())

  const server = () => system.child.pid ?? 0
  const block = (track = 0, segment = 0) => `/music/${music.music_id}/stems/${music.tracks[track]?.track_id}/${segment}`
  const peakMebibytes = () => (memoryOf(server(), 'VmHWM') ?? 0) / 2 ** 20

  async function mix(decibels: number): Promise<Response> {
    const body = JSON.stringify({ gains: { vocals: decibels } })
    return fetch(`${system.url}/music/${music.music_id}/mix`, { method: 'POST', body })
  }

  test('Five hundred requests for one block share one encoding, and all are answered', async () => {
    await (await fetch(`${system.url}${block()}`)).arrayBuffer()
    const before = peakMebibytes()
    const sounds = await Promise.all(
      Array.from({ length: 500 }, async () => {
        const answer = await fetch(`${system.url}${block()}`)
        assert.equal(answer.status, 200)
        return Buffer.from(await answer.arrayBuffer())
      }),
    )
    assert.ok(sounds.every((sound) => sound.equals(sounds[0] ?? Buffer.alloc(0))))
    const grown = peakMebibytes() - before
    assert.ok(grown < 100, `the server took ${Math.round(grown)} MiB more`)
  })

  test('A block that is requested again is not encoded again', async () => {
    const sounds = await Promise.all(
      [block(0, 0), block(0, 1), block(1, 0), block(0, 0)].map(async (path) =>
        Buffer.from(await (await fetch(`${system.url}${path}`)).arrayBuffer()).toString('base64'),
      ),
    )
    assert.equal(new Set(sounds).size, 3)
    assert.equal(sounds[0], sounds[3])
  })

  test('Connections whose answers are not read are closed', async () => {
    const socket = connect(Number(new URL(system.url).port), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.pause()
    // More than the system buffers at both ends of a connection.
    socket.write(`GET ${block()} HTTP/1.1\r\nhost: localhost\r\n\r\n`.repeat(100))
    await until('it is connected', () => stateAtServer(socket.localPort ?? 0) === ESTABLISHED)
    await until('the server has closed it', () => stateAtServer(socket.localPort ?? 0) !== ESTABLISHED)
    socket.destroy()
  })

  test('Files are encoded two at a time, and with 32 waiting the next gets 429 with Retry-After', async () => {
    const files: string[] = []
    for (let decibels = -1; decibels >= -8; decibels--)
      files.push(((await (await mix(decibels)).json()) as { file: string }).file.replace(/\?.*/, ''))
    await until('they are rendered', async () => (await fetch(`${system.url}${files.at(-1)}`)).status === 200)
    const gone = new AbortController()
    const before = mediaProcesses()
    const refusals: Response[] = []
    const asked = files.flatMap((file) =>
      ['flac', 'mp3', 'm4a', 'opus', 'flac'].map(async (format) => {
        const answer = await fetch(`${system.url}${file}?format=${format}`, { signal: gone.signal })
        if (answer.status !== 200) refusals.push(answer)
        await answer.arrayBuffer()
      }),
    )
    const others = Promise.allSettled(asked)
    const extra = await Promise.all(
      (await api.progress(music.music_id)).instruments.map(async ({ track }) => fetch(`${track}?format=flac`)),
    )
    const busy = [...refusals, ...extra].filter(({ status }) => status === 429)
    const most = mediaProcesses()
    gone.abort()
    await others
    assert.ok(most <= before + 2, `${before} media processes, then ${most}`)
    assert.ok(busy.length > 0)
    assert.match(busy[0]?.headers.get('retry-after') ?? '', /^\d+$/)
    assert.equal(
      (await fetch(`${system.url}${files[7]}?format=mp3`)).status,
      200,
      'those who are gone are not waited for',
    )
  })

  test('With 32 mixes waiting the next request gets 429 with Retry-After', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => mix(-20 + i / 10)))
    const refused = answers.filter(({ status }) => status === 429)
    assert.ok(answers.some(({ status }) => status === 202))
    assert.ok(refused.length > 0)
    assert.match(refused[0]?.headers.get('retry-after') ?? '', /^\d+$/)
    assert.deepEqual(Object.keys((await refused[0]?.json()) as object), ['error', 'code'])
  })

  function mediaProcesses(): number {
    return allPids().filter((pid) => parentOf(pid) === server() && titleOf(pid).startsWith('minus-one media')).length
  }

  /** The TCP state of the server's end of a connection from this port (/proc/net/tcp). */
  function stateAtServer(fromPort: number): string | undefined {
    const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0')
    const port = hex(Number(new URL(system.url).port))
    const ends = readFileSync('/proc/net/tcp', 'latin1').split('\n')
    const [, , , state] =
      ends
        .map((line) => line.trim().split(/\s+/))
        .find(([, local, remote]) => local?.endsWith(`:${port}`) && remote?.endsWith(`:${hex(fromPort)}`)) ?? []
    return state
  }
})
