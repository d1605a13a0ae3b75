import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openEncoder } from '../../../src/audio/media.ts'
import type { Music, Progress } from '../../../src/listen/schemas.ts'
import { makeSong, randomNumbers, wavOf } from '../../support/songs.ts'
import { client, filesBelow, type System, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const SECOND_BYTES = 44_100 * 4
const NO_TAGS = { title: '', artist: '', album: '' }
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

describe('A bad upload is refused with its reason, and harms no other song', () => {
  let system: System
  let folder: string
  let api: ReturnType<typeof client>
  let healthy: Music

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-bad-'))
    system = await startSystem({ WORKERS_HEALTHY: '1', MAX_UPLOAD_MB: '8', MAX_SONG_MINUTES: '2' })
    api = client(system.url)
    healthy = await api.upload(wavOf(makeSong(4)), 'healthy.wav')
  })

  after(async () => {
    await api.keep(healthy.music_id, ['vocals'])
    await api.ready(healthy.music_id) // the server and its workers live
    await system.remove()
    await rm(folder, { recursive: true, force: true })
  })

  async function refused(bytes: Uint8Array, name: string): Promise<{ status: number; code: string; error: string }> {
    const response = await fetch(`${system.url}/music?filename=${name}`, {
      method: 'POST',
      body: new Uint8Array(bytes),
    })
    const answer = (await response.json()) as { code: string; error: string }
    assert.deepEqual(await filesBelow(join(system.folder, 'incoming')), [], 'nothing is left on disk')
    assert.deepEqual(
      (await api.json<Music[]>('/music')).map(({ music_id }) => music_id),
      [healthy.music_id],
    )
    assert.ok(!answer.error.includes(system.folder), 'no path of the server is told')
    return { status: response.status, ...answer }
  }

  async function encoded(samples: Int16Array, format: 'mp3' | 'flac'): Promise<Buffer> {
    const path = join(folder, `song.${format}`)
    const encoder = openEncoder({ path, format, tags: NO_TAGS, picture: null })
    await encoder.write(Buffer.from(samples.buffer))
    await encoder.finish()
    return readFile(path)
  }

  test('An empty upload is refused', async () => {
    assert.deepEqual(pick(await refused(new Uint8Array(0), 'nothing.mp3')), { status: 405, code: 'empty' })
  })

  test('Random bytes, a text and a picture with the names of songs are refused', async () => {
    const random = randomNumbers(7)
    const noise = Uint8Array.from({ length: 200_000 }, () => random() * 256)
    assert.equal((await refused(noise, 'noise.mp3')).status, 405)
    assert.equal((await refused(Buffer.from('Lorem ipsum dolor sit amet.\n'.repeat(400)), 'text.wav')).status, 405)
    assert.equal((await refused(Buffer.from(PNG, 'base64'), 'picture.mp3')).status, 405)
  })

  test('A playlist named .mp3 is refused, and nothing that it names is opened', async () => {
    const secret = join(folder, 'secret.wav')
    await writeFile(secret, wavOf(makeSong(2)))
    for (const text of [
      `ffconcat version 1.0\nfile '${secret}'\n`,
      `#EXTM3U\n#EXTINF:2,\n${secret}\n`,
      `${secret}\n`,
    ]) {
      assert.equal((await refused(Buffer.from(text), 'list.mp3')).status, 405)
    }
  })

  test('A video without sound is refused', async () => {
    const { code, status } = await refused(silentVideo(), 'film.avi')
    assert.equal(status, 405)
    assert.equal(code, 'no-sound')
  })

  test('An upload above the size limit is refused', async () => {
    assert.deepEqual(pick(await refused(new Uint8Array(9 << 20), 'large.wav')), { status: 413, code: 'too-large' })
  })

  test('A file that announces to be longer than allowed is refused', async () => {
    const liar = await encoded(makeSong(1), 'flac')
    liar.writeUInt32BE(3 * 3600 * 44_100, 22) // total samples in STREAMINFO (RFC 9639, 8.2)
    assert.deepEqual(pick(await refused(liar, 'liar.flac')), { status: 413, code: 'too-long' })
  })

  test('Decoding hours of silence from a few kilobytes ends at the length limit', async () => {
    const bomb = await encoded(new Int16Array(10 * 60 * 44_100 * 2), 'flac')
    assert.ok(bomb.length < 200_000)
    bomb.writeUInt32BE(44_100, 22) // it announces one second, so only decoding tells its length
    const { music_id } = await api.upload(bomb, 'bomb.flac')
    await api.keep(music_id, ['vocals'])
    const failed = await until('it has failed', async () => {
      const progress = await api.progress(music_id)
      return progress.state === 'failed' && progress
    })
    assert.match(failed.error ?? '', /longer than 2 minutes/)
    const made = async () => {
      const files = await filesBelow(join(system.folder, 'songs', String(music_id)))
      return files.filter((path) => !/\/(original|song\.json|person\.json)$/.test(path))
    }
    await until(
      'nothing is left but what was uploaded, and what is known of it',
      async () => (await made()).length === 0,
    )

    const retry = () => fetch(`${system.url}/music/${music_id}/retry`, { method: 'POST' })
    const again = (await (await retry()).json()) as Progress
    assert.deepEqual([again.error, again.progress], [null, 0])
    assert.notEqual(again.state, 'failed')
    assert.equal((await retry()).status, 405)
    await until('it has failed again', async () => (await api.progress(music_id)).error === failed.error)
    await fetch(`${system.url}/music/${music_id}`, { method: 'DELETE' })
  })

  test('A WAV file that claims four gigabytes, and one with eight channels at 384 kHz, are decoded as what they hold', async () => {
    const liar = wavOf(makeSong(2))
    liar.writeUInt32LE(0xffff_fff0, 40)
    const many = wavOf(new Int16Array(384_000 * 8))
    many.writeUInt16LE(8, 22)
    many.writeUInt32LE(384_000, 24)
    many.writeUInt32LE(384_000 * 16, 28)
    many.writeUInt16LE(16, 32)
    for (const [bytes, seconds] of [
      [liar, 2],
      [many, 1],
    ] as const) {
      const { music_id } = await api.upload(bytes)
      await api.keep(music_id, ['vocals'])
      await api.ready(music_id)
      const music = (await api.json<Music[]>('/music')).find((each) => each.music_id === music_id)
      assert.ok(Math.abs((music?.duration ?? 0) - seconds) < 0.01, `${music?.duration} s`)
      await fetch(`${system.url}/music/${music_id}`, { method: 'DELETE' })
    }
  })

  test('A cut mp3 gives the sound that it still holds', async () => {
    const whole = await encoded(makeSong(10), 'mp3')
    const music = await api.upload(whole.subarray(0, whole.length / 2), 'cut.mp3')
    await api.keep(music.music_id, ['vocals'])
    await api.ready(music.music_id)
    const { duration, warnings } =
      (await api.json<Music[]>('/music')).find(({ music_id }) => music_id === music.music_id) ?? music
    assert.ok(duration && duration > 4 && duration < 6, `${duration} s`)
    assert.match(warnings.join(), /holds/)
    await fetch(`${system.url}/music/${music.music_id}`, { method: 'DELETE' })
  })

  test('An upload that breaks off half-way leaves nothing behind', async () => {
    const { hostname, port } = new URL(system.url)
    const socket = connect({ host: hostname, port: Number(port) })
    socket.write(`POST /music HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Length: ${SECOND_BYTES}\r\n\r\n`)
    socket.write(wavOf(makeSong(0.2)))
    await until('it has begun', async () => (await filesBelow(join(system.folder, 'incoming'))).length === 1)
    socket.destroy()
    await until('nothing is left of it', async () => (await filesBelow(join(system.folder, 'incoming'))).length === 0)
  })

  test("Workers' results that nobody asked for, with a wrong token, or that are no sound, are refused", async () => {
    const music = await api.upload(wavOf(makeSong(30)), 'target.wav')
    await api.keep(music.music_id, ['vocals'])
    await api.ready(music.music_id)
    const [job] = await api.json<number[]>(`/job?music_id=${music.music_id}`)
    const put = async (path: string, body: Uint8Array, token = 'nobody') =>
      (
        await fetch(`${system.url}${path}`, {
          method: 'PUT',
          headers: { authorization: `Bearer ${token}` },
          body: new Uint8Array(body),
        })
      ).status
    assert.equal(await put('/job/999999/result', new Uint8Array(4)), 410)
    assert.equal(await put(`/job/${job}/result`, new Uint8Array(4)), 401)
    const claim = await fetch(`${system.url}/job/${job}/claim`, {
      method: 'POST',
      body: JSON.stringify({ v: 1, generation: 1, token: 'forged-token', worker: 'w', delivery: 'd' }),
    })
    assert.equal(claim.status, 403)
    await fetch(`${system.url}/music/${music.music_id}`, { method: 'DELETE' })
  })
})

function pick({ status, code }: { status: number; code: string }): { status: number; code: string } {
  return { status, code }
}

/** An AVI of one uncompressed frame of 2 × 2 pixels, and no sound. */
function silentVideo(): Buffer {
  const chunk = (id: string, ...parts: Buffer[]) => {
    const body = Buffer.concat(parts)
    const head = Buffer.alloc(8)
    head.write(id, 'latin1')
    head.writeUInt32LE(body.length, 4)
    return Buffer.concat([head, body])
  }
  const numbers = (...values: number[]) => {
    const bytes = Buffer.alloc(4 * values.length)
    for (const [index, value] of values.entries()) bytes.writeUInt32LE(value, 4 * index)
    return bytes
  }
  const text = (value: string) => Buffer.from(value, 'latin1')
  const header = chunk('avih', numbers(40_000, 1_000, 0, 0x10, 1, 0, 1, 16, 2, 2, 0, 0, 0, 0))
  const streamHeader = chunk('strh', text('vidsDIB '), numbers(0, 0, 0, 1, 25, 0, 1, 16, 0, 0, 0, 0))
  const streamFormat = chunk('strf', numbers(40, 2, 2, 0x0018_0001, 0, 16, 0, 0, 0, 0))
  const streams = chunk('LIST', text('strl'), streamHeader, streamFormat)
  const movie = chunk('LIST', text('movi'), chunk('00db', Buffer.alloc(16)))
  return chunk('RIFF', text('AVI '), chunk('LIST', text('hdrl'), header, streams), movie)
}
