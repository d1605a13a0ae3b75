import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Music } from '../../../src/listen/schemas.ts'
import { WAV_HEADER_BYTES } from '../../../src/song/pcm.ts'
import { until } from '../../support/wait.ts'
import type { Lab } from '../lab.ts'
import { faultSong } from '../oracle.ts'
import type { Row } from '../row.ts'

const MAX_TRIES = 6
/** All steps use these two songs, so that two undisturbed runs are enough to compare with. */
const SHORT = faultSong(3, 190)
const LONG = faultSong(12, 191)

/** The messages on a wire at which the server is killed. */
const PASSING = [
  ['stomp', /MESSAGE\n[^\0]*\/queue\/minus-one\.jobs/, 'down'],
  ['http', /POST \/job\/\d+\/claim/, 'up'],
  ['http', /"attemptToken"/, 'down'],
  ['http', /PUT \/job\/\d+\/result[\s\S]{100000}/, 'up'],
  ['http', /"outcome":"accepted"/, 'down'],
  ['stomp', /SEND\n[^\0]*\/queue\/minus-one\.results/, 'up'],
] as const

export const KILL_ROWS: readonly Row[] = [
  {
    number: 19,
    fault: 'the server killed at every step of a song: upload, decoding, invitation, claim, PUT, assembly, mix',
    isPriority: true,
    run: ({ withLab }) =>
      withLab({ hasWires: true }, async (lab) => {
        const kills = [
          await killInUpload(lab),
          await killAfterUpload(lab),
          await killWhileDecoding(lab),
          await killInPassing(lab),
          await killWhileAssembling(lab),
          await killWhileMixing(lab),
        ]
        await lab.assertWhole(120_000)
        return `${kills.reduce((sum, each) => sum + each, 0)} kills`
      }),
  },
]

async function killInUpload(lab: Lab): Promise<number> {
  const half = connect(Number(new URL(lab.url).port), '127.0.0.1')
  half.on('error', () => undefined)
  half.write('POST /music?filename=half.wav HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\nRIFF')
  await killWhen(lab, 'the upload has begun', () => namesBelow(lab, 'incoming').length > 0)
  await lab.system.restart()
  assert.deepEqual(namesBelow(lab, 'incoming'), [], 'a half upload is gone')
  return 1
}

/** Kills the server when a whole song has come but was not answered. Afterwards it is there unchanged, or not at all. */
async function killAfterUpload(lab: Lab): Promise<number> {
  const isWhole = (name: string) => sizeOf(join(lab.system.folder, 'incoming', name)) === SHORT.wav.length
  const moments = [
    () => namesBelow(lab, 'incoming').some(isWhole),
    () => namesBelow(lab, 'songs').length > 0,
    () => namesBelow(lab, 'songs').some((id) => existsSync(join(lab.system.folder, 'songs', id, 'original'))),
  ]
  for (const [index, isNow] of moments.entries()) {
    const killed = killWhen(lab, `moment ${index} after the upload`, isNow)
    await Promise.all([killed, lab.api.upload(SHORT.wav).catch(() => undefined)])
    await lab.system.restart()
    assert.deepEqual(namesBelow(lab, 'incoming'), [])
    const songs = await lab.api.json<Music[]>('/music')
    assert.deepEqual(
      songs.map(({ music_id }) => String(music_id)),
      namesBelow(lab, 'songs'),
    )
    for (const { music_id } of songs) {
      const original = await fetch(`${lab.url}/music/${music_id}/original`)
      assert.ok(Buffer.from(await original.arrayBuffer()).equals(SHORT.wav), 'what was uploaded')
      await lab.api.json(`/music/${music_id}`, { method: 'DELETE' })
    }
    await lab.api.json('/reset', { method: 'POST' })
  }
  return moments.length
}

async function killWhileDecoding(lab: Lab): Promise<number> {
  let kills = 0
  for (const share of [0.05, 0.6]) {
    kills += await killInTheMiddle(lab, `${share} of a song is decoded`, async () => {
      const music = await lab.api.upload(LONG.wav)
      const decoded = () => sizeOf(join(songFolder(lab, music.music_id), 'song.pcm'))
      return {
        isNow: () => decoded() > share * LONG.wav.length,
        isHalf: () => decoded() < LONG.wav.length - WAV_HEADER_BYTES,
        begin: () => lab.keep(music, LONG),
      }
    })
  }
  return kills
}

async function killInPassing(lab: Lab): Promise<number> {
  for (const [index, [name, seen, direction]] of PASSING.entries()) {
    const wire = name === 'http' ? lab.httpWire : lab.stompWire
    assert.ok(wire)
    const { child } = lab.system
    const ended = once(child, 'exit')
    wire.meddle = (bytes, passage) => {
      // The wire to RabbitMQ outlives the server, so only new bytes count.
      const text = name === 'http' ? passage.text : bytes.toString('latin1')
      if (passage.direction === direction && seen.test(text)) child.kill('SIGKILL')
      return bytes
    }
    await lab.add(SHORT).catch(() => undefined)
    await until(`step ${index} has come`, () => child.killed, { timeoutMs: 30_000 })
    wire.meddle = null
    await ended
    await lab.system.restart()
  }
  return PASSING.length
}

/** Kills the server when some stems of a block are written and others are not. */
function killWhileAssembling(lab: Lab): Promise<number> {
  return killInTheMiddle(lab, 'a block is written', async () => {
    const music = await lab.api.upload(LONG.wav)
    const folder = songFolder(lab, music.music_id)
    const isHalf = () => {
      const sizes = music.tracks.map(({ track_id }) => sizeOf(join(folder, `stem-${track_id}.wav`)))
      return new Set(sizes).size > 1
    }
    return { isNow: isHalf, isHalf, begin: () => lab.keep(music, LONG) }
  })
}

/** Kills the server while it renders the mix that was asked for, and a mix with gains. */
async function killWhileMixing(lab: Lab): Promise<number> {
  const [first] = await lab.api.json<Music[]>('/music')
  assert.ok(first)
  const { music_id: id, tracks } = first
  await lab.api.ready(id, 120_000)
  const isHalf = () => namesBelow(lab, 'songs', String(id)).some((name) => name.endsWith('.part'))

  let turn = 0
  const ofKept = await killInTheMiddle(lab, 'a mix is written', async () => {
    const kept = tracks[turn++ % tracks.length]?.track_id
    return { isNow: isHalf, isHalf, begin: () => lab.api.keep(id, [kept]) }
  })
  const { final = '', instruments } = await lab.api.ready(id)
  const only = tracks[(turn - 1) % tracks.length]?.name
  const stem = instruments.find(({ name }) => name === only)?.track ?? ''
  assert.ok((await lab.api.sound(final)).equals(await lab.api.sound(stem)), 'the mix of one stem is that stem')

  const ofGains = await killInTheMiddle(lab, 'a mix with gains is written', async () => {
    const gains = { [tracks[0]?.name ?? '']: -++turn }
    const body = JSON.stringify({ gains })
    return { isNow: isHalf, isHalf, begin: () => lab.api.json(`/music/${id}/mix`, { method: 'POST', body }) }
  })
  await until('all mixes are rendered', () => mixesToRender(lab) === 0)
  return ofKept + ofGains
}

function mixesToRender(lab: Lab): number {
  const ledger = new DatabaseSync(join(lab.system.folder, 'ledger.sqlite'), { readOnly: true })
  try {
    return Number(
      ledger.prepare('SELECT count(*) AS n FROM files WHERE kept IS NOT NULL AND is_ready = 0').get()?.['n'],
    )
  } finally {
    ledger.close()
  }
}

type Middle = {
  /** Whether to kill now. */
  isNow(): boolean
  /** Whether the kill was in the middle. */
  isHalf(): boolean
  begin(): Promise<unknown>
}

/** Kills the server until a kill was in the middle of something. Resolves to the number of kills. */
async function killInTheMiddle(lab: Lab, what: string, prepare: () => Promise<Middle>): Promise<number> {
  for (let kills = 1; kills <= MAX_TRIES; kills++) {
    const { isNow, isHalf, begin } = await prepare()
    await Promise.all([killWhen(lab, what, isNow), begin().catch(() => undefined)])
    const wasHalf = isHalf()
    await lab.system.restart()
    if (wasHalf) return kills
  }
  throw new Error(`The server was killed ${MAX_TRIES} times, never while ${what}.`)
}

/** Checks every millisecond and kills the server as soon as `isNow`. Resolves when the server has ended. */
async function killWhen(lab: Lab, what: string, isNow: () => boolean): Promise<void> {
  const { child } = lab.system
  const ended = once(child, 'exit')
  await until(what, () => isNow() && child.kill('SIGKILL'), { timeoutMs: 30_000, everyMs: 1 })
  await ended
}

function songFolder(lab: Lab, id: number): string {
  return join(lab.system.folder, 'songs', String(id))
}

function namesBelow(lab: Lab, ...folders: string[]): string[] {
  return readdirSync(join(lab.system.folder, ...folders))
}

/** The size of a file, 0 when it does not exist. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
