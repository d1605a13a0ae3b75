import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEncoder } from '../../../src/audio/media.ts'
import type { CodedFormat } from '../../../src/song/sound-formats.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { until } from '../../support/wait.ts'
import type { Lab } from '../lab.ts'
import { faultSong } from '../oracle.ts'
import type { Row } from '../row.ts'

const FORMATS: readonly CodedFormat[] = ['flac', 'mp3', 'm4a', 'opus']
const NO_TAGS = { title: '', artist: '', album: '' }

async function encoded(song: Int16Array, format: CodedFormat): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'minus-one-encoded-'))
  const path = join(folder, `song.${format}`)
  const encoder = openEncoder({ path, format, tags: NO_TAGS, picture: null })
  await encoder.write(Buffer.from(song.buffer))
  await encoder.finish()
  const bytes = await readFile(path)
  await rm(folder, { recursive: true })
  return bytes
}

/** Uploads bytes that may be no song. Resolves to its state, or to the code of the refusal. */
async function fateOf(lab: Lab, bytes: Buffer, name: string): Promise<string> {
  const upload = await fetch(`${lab.url}/music?filename=${name}`, { method: 'POST', body: new Uint8Array(bytes) })
  const answer = (await upload.json()) as { music_id: number; code?: string }
  if (upload.status !== 200) {
    assert.ok([405, 413].includes(upload.status), `${name}: ${upload.status}`)
    return String(answer.code)
  }
  await lab.api.keep(answer.music_id, ['vocals'])
  return until(
    `${name} is through`,
    async () => {
      const { state, error } = await lab.api.progress(answer.music_id)
      if (state === 'failed') assert.ok(error, 'a reason is told')
      return (state === 'ready' || state === 'failed') && state
    },
    { timeoutMs: 60_000, everyMs: 50 },
  )
}

export const INPUT_ROWS: readonly Row[] = [
  {
    number: 32,
    fault: 'broken sound: each format cut at 1, 10, 60, 99 %, and one format under the name of another',
    isPriority: true,
    brokers: ['embedded'],
    run: ({ withLab }) =>
      withLab({}, async (lab) => {
        const song = makeSong(4)
        const files: [string, Buffer][] = [['wav', wavOf(song)]]
        for (const format of FORMATS) files.push([format, await encoded(song, format)])
        const fates: Record<string, number> = {}
        for (const [format, whole] of files) {
          for (const share of [0.01, 0.1, 0.6, 0.99]) {
            const fate = await fateOf(lab, whole.subarray(0, Math.ceil(whole.length * share)), `cut.${format}`)
            fates[fate] = (fates[fate] ?? 0) + 1
          }
        }
        const [, flac] = files[1] ?? []
        assert.equal(
          await fateOf(lab, flac ?? Buffer.alloc(0), 'really-flac.mp3'),
          'ready',
          'what counts is what is in it',
        )
        await lab.add(faultSong(3, 32))
        await lab.assertWhole()
        return Object.entries(fates)
          .map(([fate, count]) => `${count} ${fate}`)
          .join(', ')
      }),
  },
  {
    number: 34,
    fault: 'tag bombs: a tag of 256 MB that is none, a picture of 60 MB, 60,000 comments',
    brokers: ['embedded'],
    run: ({ withLab }) =>
      withLab({}, async (lab) => {
        const mp3 = await encoded(makeSong(3), 'mp3')
        const frame = (name: string, body: Buffer) =>
          Buffer.concat([Buffer.from(name), syncSafe(body.length), Buffer.alloc(2), body])
        const tagged = (frames: Buffer, size = frames.length) =>
          Buffer.concat([Buffer.from([0x49, 0x44, 0x33, 4, 0, 0]), syncSafe(size), frames, mp3])
        const picture = frame(
          'APIC',
          Buffer.concat([Buffer.from('\0image/png\0\x03\0', 'latin1'), Buffer.alloc(60_000_000, 7)]),
        )
        const comments = Buffer.concat(
          Array.from({ length: 60_000 }, (_, i) => frame('TXXX', Buffer.from(`\x03k${i}\0v`))),
        )
        const began = Date.now()
        const fates: string[] = []
        for (const bomb of [tagged(Buffer.alloc(0), 0x0fffffff), tagged(picture), tagged(comments)]) {
          fates.push(await fateOf(lab, bomb, 'bomb.mp3'))
        }
        assert.ok(Date.now() - began < 90_000)
        await lab.add(faultSong(3, 34))
        await lab.assertWhole()
        return `${fates.join(', ')} within ${Math.round((Date.now() - began) / 1000)} s`
      }),
  },
]

function syncSafe(value: number): Buffer {
  return Buffer.from([21, 14, 7, 0].map((shift) => (value >> shift) & 0x7f))
}
