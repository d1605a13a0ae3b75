import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { decode, decodePart, probe } from '../../../src/audio/media.ts'
import { UserError } from '../../../src/song/errors.ts'
import { bytesOf, SAMPLE_RATE } from '../../../src/song/pcm.ts'
import { type Attachment, matroskaOf, pcmTrack, pictureTrack } from '../../support/matroska.ts'
import { makeSong } from '../../support/songs.ts'

const SECONDS = 12
const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

describe('a file with several sound tracks', () => {
  const songs = [1, 2, 3].map((seed) => makeSong(SECONDS, seed))
  let folder: string
  let several: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-tracks-'))
    const [first, second, third] = songs.map((song) => pcmTrack(song))
    assert.ok(first && second && third)
    several = await store('several.mkv', [
      pictureTrack(SECONDS),
      { ...first, language: 'eng' },
      { ...second, language: 'ger', title: 'Kommentar \u001b[2J' },
      { ...third, language: 'und' },
    ])
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function store(
    name: string,
    tracks: Parameters<typeof matroskaOf>[0]['tracks'],
    attachments: readonly Attachment[] = [],
  ): Promise<string> {
    const path = join(folder, name)
    await writeFile(path, matroskaOf({ tracks, attachments }))
    return path
  }

  async function all(blocks: AsyncIterable<Buffer>): Promise<Buffer> {
    const found: Buffer[] = []
    for await (const block of blocks) found.push(block)
    return Buffer.concat(found)
  }

  async function warningsOf(path: string, soundTrack: number | null = null): Promise<string[]> {
    const { pcm, warnings } = decode({ path, soundTrack, maxSeconds: 60 })
    await all(pcm)
    return warnings
  }

  test('a note lists the tracks with language, title and codec, and tells which one was taken', async () => {
    const told =
      'The file has 3 sound tracks: 1 (eng, pcm_s16le), 2 (ger, Kommentar \\u001b[2J, pcm_s16le), 3 (pcm_s16le). ' +
      'Track 1 was taken. To take another: separate --track, or the API (POST /music?track=2).'
    assert.deepEqual((await probe({ path: several })).notes, [told])
    assert.deepEqual(await warningsOf(several), [told])
  })

  test('each track can be decoded, from the beginning and from the middle', async () => {
    for (const [index, song] of songs.entries()) {
      const soundTrack = index + 1
      const whole = bytesOf(song)
      assert.ok(
        (await all(decode({ path: several, soundTrack, maxSeconds: 60 }).pcm)).equals(whole),
        `track ${soundTrack}`,
      )
      const excerpt = { startSample: 6 * SAMPLE_RATE, samples: 2 * SAMPLE_RATE }
      const part = await all(decodePart({ path: several, soundTrack, excerpt }))
      assert.ok(
        part.equals(whole.subarray(6 * SAMPLE_RATE * 4, 8 * SAMPLE_RATE * 4)),
        `the middle of track ${soundTrack}`,
      )
    }
    assert.deepEqual(await warningsOf(several, 2), [], 'whoever has chosen knows')
  })

  test('asking for a missing track is refused with a list of the tracks', async () => {
    await assert.rejects(probe({ path: several, soundTrack: 4 }), (error: unknown) => {
      assert.ok(error instanceof UserError)
      assert.equal(error.code, 'no-track')
      assert.match(error.message, /no sound track 4 in it\. The file has 3 sound tracks: 1 \(eng, pcm_s16le\), 2/)
      return true
    })
  })

  test('a warning tells that a track begins late, and none of its sound is lost', async () => {
    const [song = new Int16Array()] = songs
    const late = await store('late.mkv', [pictureTrack(SECONDS), pcmTrack(song, { startMs: 5_000 })])
    assert.ok((await all(decode({ path: late, maxSeconds: 60 }).pcm)).equals(bytesOf(song)))
    assert.deepEqual(await warningsOf(late), ['Its sound begins 5.0 s into the file; the song begins with it.'])
    const inTime = await store('in-time.mkv', [pictureTrack(SECONDS), pcmTrack(song, { startMs: 40 })])
    assert.deepEqual(await warningsOf(inTime), [])
    const alone = await store('alone.mkv', [pcmTrack(song, { startMs: 5_000 })])
    assert.deepEqual(await warningsOf(alone), [])
  })

  test('a cover is taken, or a note tells why it is left out', async () => {
    const sound = pcmTrack(makeSong(1))
    const gif = { name: 'cover.gif', mime: 'image/gif', bytes: GIF }
    const png = { name: 'cover.png', mime: 'image/png', bytes: PNG }
    const words = 'Its cover is left out: only JPEG and PNG of at most 16 MB are kept.'
    const withGif = await probe({ path: await store('gif.mka', [sound], [gif]) })
    assert.deepEqual([withGif.picture, withGif.notes], [null, [words]])
    const withBoth = await probe({ path: await store('both.mka', [sound], [gif, png]) })
    assert.deepEqual([withBoth.picture?.mime, withBoth.notes], ['image/png', []])
    assert.deepEqual((await probe({ path: await store('none.mka', [sound]) })).notes, [])
  })
})
