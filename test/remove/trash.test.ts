import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import { Trash } from '../../src/remove/trash.ts'
import { RESTORABLE_MS } from '../../src/song/restore-period.ts'
import { SteadyClock } from '../../src/store/ledger/clock.ts'
import { storedSetlists } from '../../src/store/queries/setlists.ts'
import { getSong, getSongEvenDeleted, type Song } from '../../src/store/queries/songs.ts'
import { type Folders, originalPath, songFolder } from '../../src/store/song-files/paths.ts'
import { addSetlist, deleteSetlist, restoreSetlist } from '../../src/store/tables/setlists.ts'
import { deleteSong, failSong, finishSeparation, restoreSong, retrySong } from '../../src/store/transitions/songs.ts'
import { type Ledger, newSong, openLedger } from '../support/ledger.ts'
import { Machine } from '../support/machine.ts'
import { until } from '../support/wait.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const TIMER_MS = 30_000

describe('The trash', () => {
  let ledger: Ledger
  let folders: Folders
  let machine: Machine
  let trash: Trash
  let stopped: number[]
  let resumed: number[]
  let warnings: string[]
  /** Runs while the work on a song is stopped. */
  let duringStop: (songId: number) => void | Promise<void>

  beforeEach(async () => {
    mock.timers.enable({ apis: ['setInterval'] })
    ledger = await openLedger()
    folders = { root: await mkdtemp(join(tmpdir(), 'minus-one-trash-')) }
    machine = new Machine()
    Object.assign(ledger.db, { clock: new SteadyClock({ newestMs: 0, source: machine }) })
    stopped = []
    resumed = []
    warnings = []
    duringStop = () => undefined
    trash = startTrash({ retentionDays: 30 })
  })
  afterEach(async () => {
    trash.close()
    mock.timers.reset()
    await ledger.remove()
    await rm(folders.root, { recursive: true })
  })

  function startTrash({
    retentionDays,
    admitSong = async (_: Song, begin: () => boolean) => begin(),
  }: {
    retentionDays: number
    admitSong?(song: Song, begin: () => boolean): Promise<boolean>
  }): Trash {
    return new Trash({
      db: ledger.db,
      folders,
      log: { info: () => undefined, warn: (line: string) => warnings.push(line), error: assert.ifError },
      faults: { classify: () => false },
      quota: { admitSong },
      reserve: { use: (work: () => unknown) => work() },
      records: { savePerson: async () => undefined },
      retentionDays,
      async stopWork(songId: number) {
        stopped.push(songId)
        await duringStop(songId)
      },
      resume: ({ id }: Song) => resumed.push(id),
    } as unknown as ConstructorParameters<typeof Trash>[0])
  }

  /** Adds a song with an upload on the disk. It is being separated. */
  async function addSongWithFiles(): Promise<number> {
    const songId = newSong(ledger.db)
    await mkdir(songFolder(folders, songId), { recursive: true })
    await writeFile(originalPath(folders, songId), 'sound')
    return songId
  }

  async function addSeparatedSong(): Promise<number> {
    const songId = await addSongWithFiles()
    assert.ok(finishSeparation(ledger.db, songId))
    return songId
  }

  /** Lets time pass and the timers of the trash run once. */
  function pass(ms: number): void {
    machine.pass(ms)
    mock.timers.tick(TIMER_MS)
  }

  /** Resolves when the trash has done all that its timers began. */
  async function settle(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }

  const isListed = (songId: number) => getSong(ledger.db, songId) !== undefined
  const isInLedger = (songId: number) => getSongEvenDeleted(ledger.db, songId) !== undefined
  const hasFolder = (songId: number) => existsSync(songFolder(folders, songId))

  test('erases the row and the files of a deleted song ten minutes after its deletion, and not sooner', async () => {
    const songId = await addSongWithFiles()
    assert.equal(await trash.delete(songId), true)
    assert.deepEqual(stopped, [songId])
    pass(RESTORABLE_MS - 1)
    await settle()
    assert.ok(isInLedger(songId) && hasFolder(songId))
    pass(1)
    await until('the files are erased', () => !hasFolder(songId), { everyMs: 1 })
    assert.equal(isInLedger(songId), false)
  })

  test('keeps a song that was deleted before the start for ten minutes after the start', async () => {
    const songId = await addSongWithFiles()
    deleteSong(ledger.db, songId)
    machine.pass(DAY_MS)
    trash.close()
    trash = startTrash({ retentionDays: 0 })
    pass(RESTORABLE_MS - 1)
    await settle()
    assert.ok(isInLedger(songId) && hasFolder(songId))
    pass(1)
    await until('the files are erased', () => !hasFolder(songId), { everyMs: 1 })
  })

  test('erases a deleted setlist ten minutes after its deletion, and not sooner', async () => {
    const { id } = addSetlist(ledger.db, { name: 'Gig', songs: [] })
    deleteSetlist(ledger.db, id)
    pass(RESTORABLE_MS - 1)
    await settle()
    assert.equal(restoreSetlist(ledger.db, id)?.name, 'Gig')
    deleteSetlist(ledger.db, id)
    pass(RESTORABLE_MS)
    await until('it is erased', () => storedSetlists(ledger.db).length === 0, { everyMs: 1 })
  })

  test('does not delete a song that does not exist, or twice', async () => {
    const songId = await addSongWithFiles()
    assert.equal(await trash.delete(songId + 1), false)
    assert.equal(await trash.delete(songId), true)
    assert.equal(await trash.delete(songId), false)
    assert.deepEqual(stopped, [songId])
  })

  test('continues the work on a restored song after its old tasks have ended', async () => {
    const songId = await addSongWithFiles()
    await trash.delete(songId)
    const ended = Promise.withResolvers<void>()
    duringStop = () => ended.promise
    const restoring = trash.restore(songId)
    await settle()
    assert.deepEqual(resumed, [])
    ended.resolve()
    assert.equal((await restoring)?.id, songId)
    assert.deepEqual(resumed, [songId])
  })

  test('does not continue the work on a song that is deleted again while its old tasks end', async () => {
    const songId = await addSongWithFiles()
    await trash.delete(songId)
    duringStop = () => void deleteSong(ledger.db, songId)
    assert.equal(await trash.restore(songId), undefined)
    assert.deepEqual(resumed, [])
  })

  test('restores a song while its deletion waits for its tasks', async () => {
    const songId = await addSongWithFiles()
    const ended = Promise.withResolvers<void>()
    duringStop = () => ended.promise
    const deleting = trash.delete(songId)
    const restoring = trash.restore(songId)
    ended.resolve()
    assert.equal(await deleting, true)
    assert.equal((await restoring)?.id, songId)
    assert.ok(isListed(songId))
  })

  test('asks for room only for a song that still needs work', async () => {
    trash.close()
    const refuse = () => Promise.reject(new Error('no room'))
    trash = startTrash({ retentionDays: 0, admitSong: refuse })
    const [begun, separated] = [await addSongWithFiles(), await addSeparatedSong()]
    for (const songId of [begun, separated]) await trash.delete(songId)
    await assert.rejects(trash.restore(begun), /no room/)
    assert.equal(isListed(begun), false)
    assert.equal((await trash.restore(separated))?.id, separated)
  })

  test('does not restore a song that is listed, or erased', async () => {
    const songId = await addSongWithFiles()
    assert.equal(await trash.restore(songId), undefined)
    assert.equal(await trash.restore(songId + 1), undefined)
    assert.deepEqual(resumed, [])
  })

  test('does not erase a song that is restored while an earlier one is erased', async () => {
    const [first, second] = [await addSongWithFiles(), await addSongWithFiles()]
    for (const songId of [first, second]) await trash.delete(songId)
    duringStop = (songId) => void (songId === first && restoreSong(ledger.db, second))
    pass(RESTORABLE_MS)
    await until('the first song is erased', () => !hasFolder(first), { everyMs: 1 })
    await settle()
    assert.ok(isListed(second) && hasFolder(second))
  })

  test('deletes a song at the age of RETENTION_DAYS, and not sooner', async () => {
    const songId = await addSeparatedSong()
    pass(30 * DAY_MS - 1)
    await settle()
    assert.ok(isListed(songId))
    pass(1)
    await until('the song is deleted', () => !isListed(songId), { everyMs: 1 })
    assert.ok(isInLedger(songId) && hasFolder(songId), 'it can be restored')
  })

  test('deletes no song for its age if RETENTION_DAYS is 0', async () => {
    trash.close()
    trash = startTrash({ retentionDays: 0 })
    const songId = await addSeparatedSong()
    pass(10_000 * DAY_MS)
    await settle()
    assert.ok(isListed(songId))
  })

  test('does not delete a song for its age while it is being separated', async () => {
    const [old, begun] = [await addSeparatedSong(), await addSongWithFiles()]
    pass(31 * DAY_MS)
    await until('the other song is deleted', () => !isListed(old), { everyMs: 1 })
    await settle()
    assert.ok(isListed(begun))
  })

  test('does not delete a song whose separation is tried again while an older song is deleted', async () => {
    const [old, failed] = [await addSeparatedSong(), await addSongWithFiles()]
    failSong(ledger.db, { songId: failed, error: 'a defect' })
    duringStop = () => void retrySong(ledger.db, failed)
    pass(31 * DAY_MS)
    await until('the old song is deleted', () => !isListed(old), { everyMs: 1 })
    await settle()
    assert.ok(isListed(failed))
  })

  for (const stepHours of [2, -2]) {
    test(`deletes no song for its age for 24 hours after the clock steps by ${stepHours} hours, and says so once`, async () => {
      const songId = await addSeparatedSong()
      machine.pass(29.5 * DAY_MS)
      machine.stepClock(stepHours * HOUR_MS)
      pass(0)
      pass(23 * HOUR_MS)
      await settle()
      assert.ok(isListed(songId))
      assert.equal(warnings.filter((line) => /the clock of this machine was set 2\.0 hours/.test(line)).length, 1)
      assert.equal(warnings.filter((line) => /no song is deleted for its age/.test(line)).length, 1)
      pass(HOUR_MS)
      await until('the song is deleted', () => !isListed(songId), { everyMs: 1 })
    })
  }

  test('erases all songs, deleted ones included, with their files', async () => {
    const [listed, deleted] = [await addSongWithFiles(), await addSongWithFiles()]
    await trash.delete(deleted)
    assert.equal(await trash.eraseAll(), 2)
    for (const songId of [listed, deleted]) assert.ok(!isInLedger(songId) && !hasFolder(songId))
  })

  test('keeps all songs if their erasure cannot be written', async () => {
    const songId = await addSongWithFiles()
    mock.method(ledger.db, 'transaction', () => {
      throw new Error('the ledger is away')
    })
    await assert.rejects(trash.eraseAll(), /the ledger is away/)
    mock.restoreAll()
    assert.ok(isListed(songId))
    assert.equal(
      existsSync(join(songFolder(folders, songId), 'erased')),
      false,
      'the next start would remove its files',
    )
  })
})
