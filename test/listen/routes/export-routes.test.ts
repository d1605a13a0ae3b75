import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { SOUND_FORMATS } from '../../../src/song/sound-formats.ts'
import { coverPath, mixPath, originalPath, renderedPath, stemPath } from '../../../src/store/song-files/paths.ts'
import { markFileReady, mixFile, stemFile } from '../../../src/store/tables/files.ts'
import { deleteSong, eraseSong, renameSong } from '../../../src/store/transitions/songs.ts'
import { type ListenApp, openListenApp } from '../../support/listen-app.ts'
import { separatedSong } from '../../support/listen-songs.ts'

describe('The routes of exports', () => {
  let listen: ListenApp

  before(async () => {
    listen = await openListenApp({
      routes: {
        async renderFile({ id, songId }, format) {
          const path = renderedPath(listen.folders, { songId, fileId: id, format })
          await listen.put(path, format)
          return path
        },
      },
    })
  })
  after(() => listen.close())

  async function readyStem() {
    const song = separatedSong(listen.db)
    renameSong(listen.db, { songId: song.id, title: 'Song', band: 'Band' })
    const trackId = song.tracks[0]?.id ?? 0
    const file = stemFile(listen.db, { songId: song.id, trackId })
    markFileReady(listen.db, file)
    await listen.put(stemPath(listen.folders, { songId: song.id, trackId }), 'sound of a stem')
    return { song, file }
  }

  test('GET /file/{id} answers with a stem as a whole or in ranges, and with a readable file name', async () => {
    const { file } = await readyStem()
    const whole = await listen.app.inject(`/file/${file.id}`)
    assert.deepEqual(
      [whole.statusCode, whole.headers['content-type'], whole.body],
      [200, 'audio/wav', 'sound of a stem'],
    )
    assert.equal(whole.headers['content-disposition'], 'inline; filename="Band - Song (vocals).wav"')
    const range = { range: 'bytes=0-4' }
    const part = await listen.app.inject({ url: `/file/${file.id}?download`, headers: range })
    assert.deepEqual([part.statusCode, part.body], [206, 'sound'])
    assert.match(String(part.headers['content-disposition']), /^attachment;/)
  })

  test('GET /file/{id} answers with a mix whose file name says how it differs from the song', async () => {
    const song = separatedSong(listen.db)
    const [, rest] = song.tracks.map((track) => track.id)
    const gains = { [String(rest)]: -6 }
    const file = mixFile(listen.db, { songId: song.id, mix: { tracks: [rest ?? 0], gains } })
    assert.equal((await listen.app.inject(`/file/${file.id}`)).json().code, 'file-not-found')
    markFileReady(listen.db, file)
    await listen.put(mixPath(listen.folders, { songId: song.id, fileId: file.id }), 'mix')
    const answer = await listen.app.inject(`/file/${file.id}`)
    assert.equal(answer.body, 'mix')
    assert.match(String(answer.headers['content-disposition']), /minus vocals, rest −6 dB|minus%20vocals/)
  })

  test('GET /file/{id}?format renders every coded format and answers with its media type', async () => {
    const { file } = await readyStem()
    for (const [format, { mediaType }] of Object.entries(SOUND_FORMATS)) {
      const answer = await listen.app.inject(`/file/${file.id}?format=${format}`)
      assert.deepEqual([answer.statusCode, answer.headers['content-type']], [200, mediaType], format)
      if (format !== 'wav') assert.equal(answer.body, format)
      assert.match(String(answer.headers['content-disposition']), new RegExp(`\\.${format}"$`))
    }
    assert.equal((await listen.app.inject(`/file/${file.id}?format=midi`)).statusCode, 400)
  })

  test('GET /file/{id} answers 410 for a file that was deleted with its song, and 404 for one that never existed', async () => {
    const { song, file } = await readyStem()
    deleteSong(listen.db, song.id)
    eraseSong(listen.db, song.id)
    const gone = await listen.app.inject(`/file/${file.id}`)
    assert.deepEqual([gone.statusCode, gone.json().code], [410, 'file-deleted'])
    const never = await listen.app.inject('/file/999999')
    assert.deepEqual([never.statusCode, never.json().code], [404, 'file-not-found'])
    assert.equal((await listen.app.inject('/file/1e9x')).statusCode, 404)
  })

  test('GET /music/{id}/original always answers with a download, even if the upload is a web page', async () => {
    const { id } = separatedSong(listen.db)
    await listen.put(originalPath(listen.folders, id), '<script>')
    const answer = await listen.app.inject(`/music/${id}/original`)
    assert.deepEqual([answer.statusCode, answer.headers['content-type']], [200, 'application/octet-stream'])
    assert.equal(answer.headers['content-disposition'], 'attachment; filename=a.wav')
    assert.equal((await listen.app.inject('/music/999/original')).statusCode, 404)
  })

  test('GET /music/{id}/cover answers with the picture, and 404 for a song without one', async () => {
    const { id } = separatedSong(listen.db)
    const none = await listen.app.inject(`/music/${id}/cover`)
    assert.deepEqual([none.statusCode, none.json().code], [404, 'no-cover'])
    listen.db.change(`UPDATE songs SET cover = 'image/png' WHERE id = ?`, id)
    await listen.put(coverPath(listen.folders, id), 'picture')
    const answer = await listen.app.inject(`/music/${id}/cover`)
    assert.deepEqual([answer.statusCode, answer.headers['content-type'], answer.body], [200, 'image/png', 'picture'])
    assert.equal((await listen.app.inject('/music/999/cover')).statusCode, 404)
  })
})
