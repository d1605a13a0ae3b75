import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { UserError } from '../../../src/song/errors.ts'
import type { Practice } from '../../../src/song/practice-settings.ts'
import type { SoundFormat } from '../../../src/song/sound-formats.ts'
import type { Song } from '../../../src/store/queries/songs.ts'
import { mixPath, stemPath } from '../../../src/store/song-files/paths.ts'
import { type Mix, markFileReady, mixFile, stemFile } from '../../../src/store/tables/files.ts'
import { renameSong } from '../../../src/store/transitions/songs.ts'
import { type ListenApp, openListenApp } from '../../support/listen-app.ts'
import { separatedSong, separatingSong } from '../../support/listen-songs.ts'

describe('GET /music/{id}/zip', () => {
  let listen: ListenApp
  let isBusy = false
  const opened: { practice: Practice; format: SoundFormat }[] = []
  const made: { mix: Mix; stem: string | undefined }[] = []

  async function* content(text: string): AsyncGenerator<Buffer> {
    yield Buffer.from(text)
  }

  before(async () => {
    listen = await openListenApp({
      routes: {
        async openPractice({ practice, format }) {
          if (isBusy) throw new UserError('Too many.', { code: 'busy', retryAfterSeconds: 10 })
          opened.push({ practice, format })
          return async (mix, stem) => {
            made.push({ mix, stem })
            return { bytes: 9, content: content('stretched') }
          }
        },
      },
    })
  })
  after(() => listen.close())

  /** A song whose stems and mix, without the voice, are there. */
  async function readySong(): Promise<Song> {
    const song = separatedSong(listen.db)
    renameSong(listen.db, { songId: song.id, title: 'Lied', band: 'Zoë' })
    for (const { id: trackId, stem } of song.tracks) {
      markFileReady(listen.db, stemFile(listen.db, { songId: song.id, trackId }))
      await listen.put(stemPath(listen.folders, { songId: song.id, trackId }), `sound of ${stem}`)
    }
    const mix = mixFile(listen.db, { songId: song.id, mix: { tracks: song.kept ?? [], gains: {} } })
    markFileReady(listen.db, mix)
    await listen.put(mixPath(listen.folders, { songId: song.id, fileId: mix.id }), 'sound of the mix')
    return song
  }

  /** The names and sizes of the files in a zip, from its central directory (APPNOTE 4.3.12). */
  function filesIn(zip: Buffer): [name: string, bytes: number, method: number][] {
    const files: [string, number, number][] = []
    for (let at = zip.indexOf('PK\x01\x02'); at >= 0; at = zip.indexOf('PK\x01\x02', at + 46)) {
      const name = zip.toString('utf8', at + 46, at + 46 + zip.readUInt16LE(at + 28))
      files.push([name, zip.readUInt32LE(at + 24), zip.readUInt16LE(at + 10)])
    }
    return files
  }

  test('answers with the stored stems and the mix under their download names', async () => {
    const song = await readySong()
    const answer = await listen.app.inject(`/music/${song.id}/zip`)
    assert.deepEqual([answer.statusCode, answer.headers['content-type']], [200, 'application/zip'])
    assert.match(
      String(answer.headers['content-disposition']),
      /^attachment; filename="Zoe - Lied \(all tracks\)\.zip"/,
    )
    assert.deepEqual(filesIn(answer.rawPayload), [
      ['Zoë - Lied (vocals).wav', 15, 0],
      ['Zoë - Lied (rest).wav', 13, 0],
      ['Zoë - Lied.wav', 16, 0],
    ])
    assert.ok(answer.rawPayload.includes('sound of vocals'))
  })

  test('makes every file in the wanted key, tempo and format', async () => {
    const song = await readySong()
    const answer = await listen.app.inject(`/music/${song.id}/zip?format=mp3&semitones=-3&tempo=0.8`)
    assert.equal(answer.statusCode, 200)
    assert.deepEqual(opened.at(-1), { practice: { semitones: -3, tempo: 0.8 }, format: 'mp3' })
    const [vocals, rest] = song.tracks.map(({ id }) => id)
    const practice = { gains: {}, semitones: -3, tempo: 0.8 }
    assert.deepEqual(made, [
      { mix: { tracks: [vocals], ...practice }, stem: 'vocals' },
      { mix: { tracks: [rest], ...practice }, stem: 'rest' },
      { mix: { tracks: [vocals, rest], ...practice }, stem: undefined },
    ])
    assert.deepEqual(filesIn(answer.rawPayload)[0], ['Zoë - Lied (vocals, −3 semitones, 80 %).mp3', 9, 0])
  })

  test('is refused with its reason before anything is sent', async () => {
    const song = await readySong()
    isBusy = true
    const busy = await listen.app.inject(`/music/${song.id}/zip?tempo=0.5`)
    assert.deepEqual([busy.statusCode, busy.json().code, busy.headers['retry-after']], [429, 'busy', '10'])
    const early = await listen.app.inject(`/music/${separatingSong(listen.db).id}/zip`)
    assert.deepEqual([early.statusCode, early.json().code], [405, 'not-yet'])
    for (const query of ['semitones=1.5', 'tempo=3', 'format=midi']) {
      assert.equal((await listen.app.inject(`/music/${song.id}/zip?${query}`)).statusCode, 400, query)
    }
    assert.equal((await listen.app.inject({ method: 'HEAD', url: `/music/${song.id}/zip` })).statusCode, 404)
  })
})
