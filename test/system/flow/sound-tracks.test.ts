import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Music } from '../../../src/listen/schemas.ts'
import { bytesOf } from '../../../src/song/pcm.ts'
import { LEDGER_NAME, pcmPath } from '../../../src/store/song-files/paths.ts'
import { matroskaOf, pcmTrack } from '../../support/matroska.ts'
import { makeSong } from '../../support/songs.ts'
import { client, filesBelow, type System, startProcess, startSystem } from '../../support/system.ts'

describe('Files with several sound tracks', () => {
  const songs = [1, 2].map((seed) => makeSong(5, seed))
  const file = matroskaOf({ tracks: songs.map((song) => pcmTrack(song)) })
  let system: System
  let api: ReturnType<typeof client>

  before(async () => {
    system = await startSystem({ WORKERS_HEALTHY: '1' })
    api = client(system.url)
  })
  after(() => system.remove())

  /** The decoded sound of a separated song. */
  async function decoded(id: number): Promise<Buffer> {
    await api.keep(id, ['vocals'])
    await api.ready(id)
    return readFile(pcmPath({ root: system.folder }, id))
  }

  const find = async (id: number) => (await api.json<Music[]>('/music')).find(({ music_id }) => music_id === id)

  test('A file with several sound tracks has a warning from its upload on', async () => {
    const { music_id, warnings } = await api.upload(file, 'film.mkv')
    assert.match(warnings.join(), /^The file has 2 sound tracks: .*Track 1 was taken\. To take another: .*\?track=2/)
    assert.ok((await decoded(music_id)).equals(bytesOf(songs[0] ?? new Int16Array())))
    assert.deepEqual((await find(music_id))?.warnings, warnings)
  })

  test('The chosen sound track stays chosen after a restart and after the ledger is lost', async () => {
    const { music_id, warnings } = await api.upload(file, 'film.mkv', { track: '2' })
    assert.deepEqual(warnings, [])
    await system.stop()
    for (const path of await filesBelow(system.folder)) {
      if (path.startsWith(join(system.folder, LEDGER_NAME))) await rm(path)
    }
    const recovery = startProcess(['recover', '--data-dir', system.folder])
    assert.equal(await recovery.ended, 0, recovery.log())
    await system.restart()
    assert.ok((await decoded(music_id)).equals(bytesOf(songs[1] ?? new Int16Array())))
  })

  test('A form field chooses the sound track, and one that is no number is refused', async () => {
    const send = async (track: string) => {
      const form = new FormData()
      form.append('track', track)
      form.append('file', new Blob([new Uint8Array(file)]), 'film.mkv')
      return fetch(`${system.url}/music`, { method: 'POST', body: form })
    }
    const second = (await (await send('2')).json()) as Music
    assert.deepEqual(second.warnings, [])
    assert.ok((await decoded(second.music_id)).equals(bytesOf(songs[1] ?? new Int16Array())))
    const wrong = await send('second')
    assert.deepEqual(
      [wrong.status, ((await wrong.json()) as { error: string }).error],
      [400, "The form's field track: is a whole number from 1."],
    )
    const query = await fetch(`${system.url}/music?track=second`, { method: 'POST', body: 'x' })
    assert.match(((await query.json()) as { error: string }).error, /track is a whole number from 1/)
  })

  test('A file without the chosen sound track is refused with a list of its tracks', async () => {
    const response = await fetch(`${system.url}/music?track=3`, { method: 'POST', body: new Uint8Array(file) })
    const { code, error } = (await response.json()) as { code: string; error: string }
    assert.deepEqual([response.status, code], [400, 'no-track'])
    assert.match(error, /no sound track 3 in it\. The file has 2 sound tracks: 1 \(eng, pcm_s16le\), 2/)
  })
})
