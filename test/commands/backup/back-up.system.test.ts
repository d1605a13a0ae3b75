import assert from 'node:assert/strict'
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, filesBelow, type System, startProcess, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

describe('a backup that is made while the server runs', () => {
  let system: System
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-backup-'))
    system = await startSystem({ WORKERS_HEALTHY: '1' })
  })
  after(async () => {
    await system.remove()
    await rm(folder, { recursive: true, force: true })
  })

  async function backUp(to: string): Promise<{ code: number | null; said: string }> {
    const process_ = startProcess(['backup', to, '--data-dir', system.folder])
    const code = await new Promise<number | null>((resolve) => process_.child.once('exit', resolve))
    return { code, said: process_.log() }
  }

  async function soundsOf(url: string, songId: number): Promise<Map<string, Buffer>> {
    const api = client(url)
    const { instruments } = await api.ready(songId)
    const sounds = instruments.map(async ({ name, track }) => [name, await api.sound(track)] as const)
    return new Map(await Promise.all(sounds))
  }

  test('holds finished songs unchanged, and a server on it finishes a song that was being separated', async () => {
    const api = client(system.url)
    const done = await api.upload(wavOf(makeSong(4)), 'done.wav')
    await api.keep(done.music_id, ['vocals'])
    await api.ready(done.music_id)
    const half = await api.upload(wavOf(makeSong(60)), 'half.wav')
    await api.keep(half.music_id, ['vocals'])
    await until('a part is final', async () => (await api.progress(half.music_id)).progress > 10)
    const copy = join(folder, 'copy')
    const first = await backUp(copy)
    assert.equal(first.code, 0, first.said)
    assert.match(first.said, /^2 songs are in /)
    assert.notEqual((await api.progress(half.music_id)).progress, 100, 'the song was not done when it was copied')

    const [wanted, wantedHalf] = [await soundsOf(system.url, done.music_id), await soundsOf(system.url, half.music_id)]
    const restored = await startSystem({ WORKERS_HEALTHY: '1', DATA_DIR: copy })
    try {
      assert.deepEqual(await soundsOf(restored.url, done.music_id), wanted)
      assert.deepEqual(await soundsOf(restored.url, half.music_id), wantedHalf)
    } finally {
      await restored.remove()
    }
  })

  test('copies only what is new the next time, and removes deleted songs', async () => {
    const api = client(system.url)
    const copy = join(folder, 'second')
    assert.match((await backUp(copy)).said, /: (\d+) of \1 files were new/)
    assert.match((await backUp(copy)).said, /: 0 of \d+ files were new \(0\.0 MB\)/)
    await api.upload(wavOf(makeSong(1)), 'new.wav')
    assert.match((await backUp(copy)).said, /^3 songs .*: 2 of \d+ files were new/)
    await api.json('/reset', { method: 'POST' })
    assert.match((await backUp(copy)).said, /^0 songs/)
    assert.deepEqual(await filesBelow(join(copy, 'songs')), [])
  })

  test('is not overwritten by a backup of another data folder, nor of a new one in the same place', async () => {
    const api = client(system.url)
    await api.upload(wavOf(makeSong(1)), 'kept.wav')
    const copy = join(folder, 'third')
    assert.equal((await backUp(copy)).code, 0)
    const before = (await filesBelow(copy)).sort()
    const other = await startSystem({ WORKERS_HEALTHY: '0' })
    try {
      const process_ = startProcess(['backup', copy, '--data-dir', other.folder])
      assert.equal(await process_.ended, 2)
      assert.match(process_.log(), /holds a backup of another data folder .* it was left as it is/)
    } finally {
      await other.remove()
    }
    assert.deepEqual((await filesBelow(copy)).sort(), before)
  })

  test('keeps songs that the ledger does not know, as after an older ledger was restored', async () => {
    const [data, copy] = [join(folder, 'older'), join(folder, 'of-older')]
    const first = await startSystem({ WORKERS_HEALTHY: '0', DATA_DIR: data })
    await client(first.url).upload(wavOf(makeSong(1)), 'first.wav')
    await first.stop()
    await cp(join(data, 'ledger.sqlite'), join(folder, 'older.sqlite'))
    const second = await startSystem({ WORKERS_HEALTHY: '0', DATA_DIR: data })
    await client(second.url).upload(wavOf(makeSong(1)), 'second.wav')
    await second.stop()
    const run = async () => {
      const process_ = startProcess(['backup', copy, '--data-dir', data])
      return { code: await process_.ended, said: process_.log() }
    }
    assert.equal((await run()).code, 0)
    await cp(join(folder, 'older.sqlite'), join(data, 'ledger.sqlite'))
    const third = await startSystem({ WORKERS_HEALTHY: '0', DATA_DIR: data })
    await third.stop()
    assert.equal((await run()).code, 0)
    assert.deepEqual((await readdir(join(copy, 'songs'))).sort(), ['1', '2'])
  })

  test('is refused when a server was started on the backup, which may have songs of its own', async () => {
    const copy = join(folder, 'of-older')
    const failover = await startSystem({ WORKERS_HEALTHY: '0', DATA_DIR: copy })
    await client(failover.url).upload(wavOf(makeSong(1)), 'only here.wav')
    await failover.stop('SIGKILL')
    const process_ = startProcess(['backup', copy, '--data-dir', join(folder, 'older')])
    assert.equal(await process_.ended, 2)
    assert.match(process_.log(), /A server was started on .* name another folder/)
  })

  test('keeps what it has of a song whose upload is missing in DATA_DIR, and names the song', async () => {
    const copy = join(folder, 'third')
    const [song] = await client(system.url).json<{ music_id: number }[]>('/music')
    const uploaded = join('songs', String(song?.music_id), 'original')
    await rm(join(system.folder, uploaded))
    const { code, said } = await backUp(copy)
    assert.equal(code, 1)
    assert.match(said, new RegExp(`uploads of songs ${song?.music_id} are not in .*was kept`))
    assert.ok((await filesBelow(copy)).includes(join(copy, uploaded)))
  })

  test('is refused in a folder with other things, which stays unchanged', async () => {
    const other = join(folder, 'copy', '..')
    await writeFile(join(other, 'thesis.txt'), 'mine')
    const { code, said } = await backUp(other)
    assert.equal(code, 2)
    assert.match(said, /holds other files/)
    assert.ok((await readdir(other)).includes('thesis.txt'))
    assert.match((await backUp(join(system.folder, 'inside'))).said, /inside of what is backed up/)
    const nowhere = startProcess(['backup', join(folder, 'x'), '--data-dir', join(folder, 'nowhere')])
    await new Promise((resolve) => nowhere.child.once('exit', resolve))
    assert.match(nowhere.log(), /There is no ledger in .*Set DATA_DIR/)
  })
})
