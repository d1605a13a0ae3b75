import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Music } from '../../../src/listen/schemas.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type System, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

describe('Songs that are deleted, restored and renamed over the API', () => {
  let system: System
  let api: ReturnType<typeof client>

  before(async () => {
    system = await startSystem({ WORKERS_HEALTHY: '2' })
    api = client(system.url)
  })
  after(() => system.remove())

  const status = async (path: string, init?: RequestInit) => (await fetch(`${system.url}${path}`, init)).status

  test('A song deleted during its separation is restored and finished with the same samples', async () => {
    const sound = makeSong(40, 9)
    const { music_id, tracks } = await api.upload(wavOf(sound), 'mistake.wav')
    await api.keep(
      music_id,
      tracks.map(({ track_id }) => track_id),
    )
    await until('it is being separated', async () => (await api.progress(music_id)).chunks.running > 0)
    assert.equal(await status(`/music/${music_id}`, { method: 'DELETE' }), 200)
    assert.equal(await status(`/music/${music_id}`), 404)
    assert.equal(await status(`/music/${music_id}/segments`), 404)
    assert.deepEqual(await api.json(`/job?music_id=${music_id}`), [])
    assert.ok(!(await api.json<Music[]>('/music')).some((music) => music.music_id === music_id))

    assert.equal(await status(`/music/${music_id}/restore`, { method: 'POST' }), 200)
    assert.equal(await status(`/music/${music_id}/restore`, { method: 'POST' }), 404)
    const { final = '' } = await api.ready(music_id)
    assert.ok((await api.sound(final)).equals(Buffer.from(sound.buffer)))
  })

  test('Renaming a song changes the fields that are given and no others', async () => {
    const { music_id } = await api.upload(wavOf(makeSong(2, 10)), 'Band - wrong.wav')
    const rename = (names: object) =>
      fetch(`${system.url}/music/${music_id}`, {
        method: 'PATCH',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(names),
      })
    const renamed = (await (await rename({ name: ' Für Elise 🎹 ' })).json()) as Music
    assert.deepEqual([renamed.name, renamed.band], ['Für Elise 🎹', 'Band'])
    assert.equal((await rename({ name: '  ' })).status, 400)
    assert.equal((await rename({ name: 'x'.repeat(301) })).status, 400)
    assert.equal((await rename({ band: '' })).status, 200)
    const [found] = (await api.json<Music[]>('/music')).filter((music) => music.music_id === music_id)
    assert.deepEqual([found?.name, found?.band], ['Für Elise 🎹', ''])
    assert.equal(await status('/music/999', { method: 'PATCH' }), 404)
  })
})
