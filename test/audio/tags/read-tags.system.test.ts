import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openEncoder, probe, type Tags } from '../../../src/audio/media.ts'
import { latin1Names } from '../../../src/audio/tags/id3v2.ts'
import { wavHeader } from '../../../src/audio/wav.ts'
import { bytesOf } from '../../../src/song/pcm.ts'
import { makeSong } from '../../support/songs.ts'
import { encoded, id3v1, id3v2, riffInfo, silentMp3 } from '../../support/tagged.ts'

const LATIN_1 = 0
const UTF_16 = 1
const UTF_8 = 3

/** Stereo, 22,050 samples, 16 bits, 44,100 Hz as an extended float. */
const AIFF_COMMON = Buffer.from('0002000056220010400eac44000000000000', 'hex')

/** A title and an artist in each code page. */
const SONGS = [
  { page: 'windows-1252', title: 'Café – l’été', artist: 'Motörhead' },
  { page: 'windows-1251', title: 'Группа крови', artist: 'Кино' },
  { page: 'shift_jis', title: '上を向いて歩こう', artist: '坂本九' },
  { page: 'gbk', title: '月亮代表我的心', artist: '邓丽君' },
  { page: 'euc-kr', title: '서른 즈음에', artist: '김광석' },
]

describe('tags of files', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-tags-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function tagsOf(name: string, ...bytes: Buffer[]): Promise<Tags> {
    const path = join(folder, name)
    await writeFile(path, Buffer.concat(bytes))
    const { tags } = await probe({ path })
    return tags
  }

  const latin1 = (text: string) => ({ encoding: LATIN_1, text: Buffer.from(text, 'latin1') })

  test('ID3v1 tags are read in the code page of their bytes', async () => {
    for (const { page, title, artist } of SONGS) {
      const tag = id3v1({ title: encoded(page, title), artist: encoded(page, artist) })
      assert.deepEqual(await tagsOf('v1.mp3', silentMp3(), tag), { title, artist, album: '' }, page)
    }
  })

  test('ID3v2 tags marked as ISO 8859-1 are read in the code page of their bytes', async () => {
    for (const { page, title, artist } of SONGS) {
      const tag = id3v2({
        TIT2: { encoding: LATIN_1, text: encoded(page, title) },
        TPE1: { encoding: LATIN_1, text: encoded(page, artist) },
      })
      assert.deepEqual(await tagsOf('v2.mp3', tag, silentMp3()), { title, artist, album: '' }, page)
    }
  })

  test('ID3v2 tags in WAV and AIFF files are read in the code page of their bytes', async () => {
    const samples = Buffer.alloc(88_200)
    for (const { page, title, artist } of SONGS) {
      const tag = id3v2({
        TIT2: { encoding: LATIN_1, text: encoded(page, title) },
        TPE1: { encoding: LATIN_1, text: encoded(page, artist) },
      })
      const trailer = chunk('id3 ', tag)
      trailer.writeUInt32LE(tag.length, 4)
      const header = wavHeader({ samples: samples.length / 4, trailerBytes: trailer.length })
      assert.deepEqual(await tagsOf('id3.wav', header, samples, trailer), { title, artist, album: '' }, page)
      const sound = chunk('SSND', Buffer.concat([Buffer.alloc(8), samples]))
      const form = Buffer.concat([Buffer.from('AIFF'), chunk('COMM', AIFF_COMMON), sound, chunk('ID3 ', tag)])
      assert.deepEqual(await tagsOf('id3.aiff', chunk('FORM', form)), { title, artist, album: '' }, page)
    }
  })

  test('ID3v2 tags of a DSF file are found through the offset in its header', async () => {
    const head = Buffer.alloc(100)
    head.write('DSD ', 'latin1')
    head.writeBigUInt64LE(100n, 20)
    const path = join(folder, 'pointer.dsf')
    await writeFile(path, Buffer.concat([head, id3v2({ TIT2: latin1('Title'), TALB: latin1('Album') })]))
    assert.deepEqual([...latin1Names(path)], ['title', 'album'])
  })

  test('an ID3v1 tag counts where ID3v2 lacks it', async () => {
    const encoder = id3v2({ TSSE: latin1('Encoder'), TALB: latin1('Album') })
    const [{ page, title, artist }] = SONGS.slice(1) as [(typeof SONGS)[number]]
    const tag = id3v1({ title: encoded(page, title), artist: encoded(page, artist), album: Buffer.from('Other') })
    assert.deepEqual(await tagsOf('both.mp3', encoder, silentMp3(), tag), { title, artist, album: 'Album' })
  })

  test('INFO tags of a WAV file are read in the code page of their bytes', async () => {
    for (const { page, title, artist } of SONGS) {
      const info = riffInfo({ INAM: encoded(page, title), IART: encoded(page, artist), ISFT: encoded(page, title) })
      const song = makeSong(1)
      const header = wavHeader({ samples: song.length / 2, trailerBytes: info.length })
      assert.deepEqual(await tagsOf('info.wav', header, bytesOf(song), info), { title, artist, album: '' }, page)
    }
  })

  test('Vorbis comments that are not UTF-8 are read in the code page of their bytes', async () => {
    for (const { page, title } of SONGS) {
      const bytes = encoded(page, title)
      const path = join(folder, 'comment.flac')
      const tags = { title: 'x'.repeat(bytes.length), artist: 'A=B;#\\', album: '' }
      const encoder = openEncoder({ path, format: 'flac', tags, picture: null })
      await encoder.write(bytesOf(makeSong(1)))
      await encoder.finish()
      const flac = await readFile(path)
      bytes.copy(flac, flac.indexOf(tags.title))
      assert.deepEqual(await tagsOf('legacy.flac', flac), { ...tags, title }, page)
    }
  })

  test('tags in UTF-8 and UTF-16 are never read in a code page', async () => {
    const title = 'Ænima Þú 日本 Ё'
    assert.equal((await tagsOf('utf8-v1.mp3', silentMp3(), id3v1({ title: Buffer.from(title) }))).title, title)
    const utf8 = { encoding: LATIN_1, text: Buffer.from(title) }
    assert.equal((await tagsOf('utf8-v2.mp3', id3v2({ TIT2: utf8 }), silentMp3())).title, title)
    const utf16 = { encoding: UTF_16, text: Buffer.from('\ufeffÆØÅ', 'utf16le') }
    assert.equal((await tagsOf('utf16.mp3', id3v2({ TPE1: latin1('x'), TIT2: utf16 }), silentMp3())).title, 'ÆØÅ')
  })

  test('an ID3v1 tag that is cut off within a character ends before that character', async () => {
    const russian = 'Звезда по имени Солнце'
    const utf8 = (await tagsOf('cut-utf8.mp3', silentMp3(), id3v1({ title: Buffer.from(`x${russian}`) }))).title
    assert.ok(`x${russian}`.startsWith(utf8) && utf8.length > 14, utf8)
    const korean = '너에게 난 나에게 넌 너에게 난 나에게 넌'
    const title = encoded('euc-kr', korean)
    const { title: cut } = await tagsOf('cut.mp3', silentMp3(), id3v1({ title }))
    assert.ok(korean.startsWith(cut) && cut.length > 14, cut)
  })

  test('tags become one line without control characters', async () => {
    const title = { encoding: UTF_8, text: Buffer.from('\u001b[31mRed\u202eder\u2066\u2028x\u0085\u200fy') }
    const { title: shown } = await tagsOf('escape.mp3', id3v2({ TIT2: title, TPE1: latin1('AC/DC') }), silentMp3())
    assert.equal(shown, '[31mRedder x y')
  })

  test('tags of any bytes become text without U+FFFD', async () => {
    const bytes = Buffer.from(Array.from({ length: 30 }, (_, index) => 255 - ((index * 37) % 128)))
    const { title, artist } = await tagsOf(
      'any.mp3',
      silentMp3(),
      id3v1({ title: bytes, artist: Buffer.from([0xff, 0x81]) }),
    )
    assert.ok(title.length > 0 && !title.includes('\ufffd'), title)
    assert.ok(!artist.includes('\ufffd'), artist)
  })
})

/** A chunk of AIFF. */
function chunk(name: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.write(name, 'latin1')
  head.writeUInt32BE(body.length, 4)
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)])
}
