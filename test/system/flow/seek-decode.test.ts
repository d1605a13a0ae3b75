import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { decode } from '../../../src/audio/media.ts'
import type { Segments } from '../../../src/listen/schemas.ts'
import { startRabbitmq } from '../../support/rabbitmq.ts'
import { makeLongSong } from '../../support/real-songs.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type System, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const SECONDS = 210
const JUMP_TO_SECONDS = 190
const JUMP_TO_SEGMENT = 51

describe('Seek decode: a listener jumps far ahead of what is decoded', () => {
  let system: System
  let api: ReturnType<typeof client>
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-seek-'))
    system = await startSystem({ WORKERS_HEALTHY: '2' })
    api = client(system.url)
  })
  after(async () => {
    await system.remove()
    await rm(folder, { recursive: true, force: true })
  })

  /** Jumps near the end as soon as the song exists. Resolves to the blocks that were final before that place, and to the mix. */
  async function jump(path: string): Promise<{ id: number; finalFirst: number[]; mix: Buffer }> {
    const { music_id: id, tracks } = await api.upload(await readFile(path), path)
    await api.keep(
      id,
      tracks.map(({ track_id }) => track_id),
    )
    await api.json(`/music/${id}/playhead`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ seconds: JUMP_TO_SECONDS, listener: 'test' }),
    })
    const final = await until(
      'it is separated there',
      async () => {
        const { segments } = await api.json<Segments>(`/music/${id}/segments`)
        const indexes = segments.flatMap(({ index, state }) => (state === 'final' ? [index] : []))
        return indexes.includes(JUMP_TO_SEGMENT) && indexes
      },
      { timeoutMs: 60_000, everyMs: 20 },
    )
    const { final: link = '' } = await api.ready(id, 300_000)
    return { id, finalFirst: final, mix: await api.sound(link) }
  }

  async function decoded(path: string): Promise<Buffer> {
    const blocks: Buffer[] = []
    for await (const block of decode({ path, maxSeconds: 600 }).pcm) blocks.push(block)
    return Buffer.concat(blocks)
  }

  test('An mp3 is decoded from its middle to the same samples, and no job is done twice', async () => {
    const path = join(folder, 'long.mp3')
    await makeLongSong(path, SECONDS)
    const { id, finalFirst, mix } = await jump(path)
    assert.match(system.log(), new RegExp(`Music\\[${id}\\] - decoding from segment ${JUMP_TO_SEGMENT}`))
    assert.ok(finalFirst.length < 10, `segments ${finalFirst} were final before the one that was jumped to`)
    assert.ok(mix.equals(await decoded(path)))
    assert.doesNotMatch(system.log(), /are done again/)
  })

  test('AAC decoded from its middle differs at first: those jobs are done again, and the mix has the samples of a whole decoding', async () => {
    const path = join(folder, 'long.m4a')
    await makeLongSong(path, SECONDS, 'm4a')
    const { id, mix } = await jump(path)
    assert.match(system.log(), new RegExp(`Music\\[${id}\\] - \\d+ jobs are done again`))
    assert.ok(mix.equals(await decoded(path)))
  })
})

describe('A jump preempts jobs that nobody hears soon', () => {
  const seconds = 60
  const song = makeSong(seconds, 4)

  const startEmbedded = async () => ({ environment: {}, remove: async () => undefined })
  const startRabbit = async () => {
    const { port, remove } = await startRabbitmq()
    return { environment: { BROKER_HOST: '127.0.0.1', BROKER_PORT: String(port) }, remove }
  }
  for (const [broker, start] of [
    ['the embedded broker', startEmbedded],
    ['RabbitMQ', startRabbit],
  ] as const) {
    test(`A job preempted by a jump is done later with the same samples, over ${broker}`, async () => {
      const { environment, remove } = await start()
      const system = await startSystem({ WORKERS_HEALTHY: '1', ...environment })
      try {
        const api = client(system.url)
        const { music_id: id, tracks } = await api.upload(wavOf(song))
        await api.keep(
          id,
          tracks.map(({ track_id }) => track_id),
        )
        await until('it is being separated', async () => (await api.progress(id)).chunks.running > 0)
        // A job is preempted only when it is not almost done.
        for (let jumps = 0; !/stopped Job/.test(system.log()); jumps++) {
          assert.ok(jumps < 40, 'no job was stopped')
          await api.json(`/music/${id}/playhead`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ seconds: jumps % 2 === 0 ? seconds - 2 : 2, listener: 'test' }),
          })
          await setTimeout(150)
        }
        const { final: link = '' } = await api.ready(id)
        assert.ok((await api.sound(link)).equals(Buffer.from(song.buffer)))
        assert.doesNotMatch(system.log(), /could not be separated/)
      } finally {
        await system.remove()
        await remove()
      }
    })
  }
})
