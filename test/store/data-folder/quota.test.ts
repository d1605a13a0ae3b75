import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import { GIBIBYTE, MEBIBYTE } from '../../../src/platform/byte-units.ts'
import { FolderGone } from '../../../src/platform/transient-fault.ts'
import { mixBytes, songBytes } from '../../../src/song/song-size.ts'
import { Quota } from '../../../src/store/data-folder/quota.ts'
import { getSong, type Song } from '../../../src/store/queries/songs.ts'
import type { Folders } from '../../../src/store/song-files/paths.ts'
import { mixFile } from '../../../src/store/tables/files.ts'
import { finishDecoding, finishSeparation } from '../../../src/store/transitions/songs.ts'
import { type Ledger, newSong, openLedger } from '../../support/ledger.ts'
import { until } from '../../support/wait.ts'

const MAX_BYTES = 64 * MEBIBYTE
const SAMPLES = 100_000
/** A measurement is taken again when it is older than this. */
const REMEASURE_AFTER_MS = 5_000
/** A file may take up a little more of the disk than its length. */
const TOLERANCE_BYTES = 64 * 1024

describe('The quota of the data folder', () => {
  let ledger: Ledger
  let folders: Folders
  let quota: Quota
  let nowMs: number

  beforeEach(async () => {
    nowMs = 1_000_000
    mock.method(performance, 'now', () => nowMs)
    ledger = await openLedger()
    folders = { root: await mkdtemp(join(tmpdir(), 'minus-one-quota-')) }
    await mkdir(join(folders.root, 'songs'))
    await mkdir(join(folders.root, 'incoming'))
    quota = newQuota()
  })
  afterEach(async () => {
    await quota.admit({ what: 'nothing', bytes: 0, begin: () => undefined }).catch(() => undefined) // ends its measurement
    mock.restoreAll()
    await ledger.remove()
    await rm(folders.root, { recursive: true, force: true })
  })

  function newQuota(maxGigabytes: number | undefined = MAX_BYTES / GIBIBYTE): Quota {
    return new Quota({ db: ledger.db, folders, maxGigabytes })
  }

  /** Adds a decoded song that is being separated. */
  function addSongInWork(): Song {
    const songId = newSong(ledger.db)
    finishDecoding(ledger.db, { songId, samples: SAMPLES, statistics: { mean: 0, deviation: 1 }, warnings: [] })
    return getSong(ledger.db, songId) ?? assert.fail()
  }

  const neededBytes = ({ plan }: Song) => songBytes({ plan, samples: SAMPLES, mixes: 1 })
  const admit = (bytes: number) => quota.admit({ what: 'this work', bytes, begin: () => 'begun' })

  async function writeBytes(name: string, bytes: number): Promise<void> {
    await mkdir(join(folders.root, name, '..'), { recursive: true })
    await writeFile(join(folders.root, name), Buffer.alloc(bytes, 1))
  }

  /** The room after a new measurement. */
  async function measuredRoom(): Promise<number> {
    nowMs += 20 * REMEASURE_AFTER_MS
    await admit(0)
    return quota.roomBytes ?? assert.fail()
  }

  function assertNear(bytes: number, expected: number): void {
    assert.ok(Math.abs(bytes - expected) < TOLERANCE_BYTES, `${bytes} bytes instead of ${expected}`)
  }

  test('admits work that fits exactly, and refuses a byte more before it begins', async () => {
    const begin = mock.fn(() => 'begun')
    assert.equal(await quota.admit({ what: 'this work', bytes: MAX_BYTES, begin }), 'begun')
    await assert.rejects(quota.admit({ what: 'this song', bytes: MAX_BYTES + 1, begin }), {
      code: 'no-room',
      retryAfterSeconds: 30,
      message:
        /^The server has no room left for this song: it may take 65 MB, and of the 64 MB for all songs 64 MB are left\..*raise MAX_DATA_GB/,
    })
    assert.equal(begin.mock.callCount(), 1)
  })

  test('knows no room before the first measurement', async () => {
    assert.equal(quota.roomBytes, null)
    await admit(0)
    assert.equal(quota.roomBytes, MAX_BYTES)
  })

  test('counts the files in the folder', async () => {
    await writeBytes('songs/7/original', MEBIBYTE)
    await writeBytes('lost+found/old', MEBIBYTE)
    assertNear(await measuredRoom(), MAX_BYTES - 2 * MEBIBYTE)
  })

  test('counts all that a song in work will need as soon as its work is admitted', async () => {
    const song = await quota.admit({ what: 'this song', bytes: 1, begin: addSongInWork })
    assert.ok(neededBytes(song) > MEBIBYTE)
    assert.equal(quota.roomBytes, MAX_BYTES - neededBytes(song))
    await assert.rejects(admit(MAX_BYTES - neededBytes(song) + 1), { code: 'no-room' })
    await admit(MAX_BYTES - neededBytes(song))
  })

  test('counts what a song in work needs after a restart too', async () => {
    const song = addSongInWork()
    quota = newQuota()
    await admit(0)
    assert.equal(quota.roomBytes, MAX_BYTES - neededBytes(song))
  })

  test('counts the files that a song in work has written only once', async () => {
    const song = addSongInWork()
    await writeBytes(`songs/${song.id}/song.pcm`, MEBIBYTE)
    assertNear(await measuredRoom(), MAX_BYTES - neededBytes(song))
    await writeBytes(`songs/${song.id}/original`, MEBIBYTE)
    assertNear(await measuredRoom(), MAX_BYTES - neededBytes(song) - MEBIBYTE)
  })

  test('keeps the room of a separated song until the next measurement', async () => {
    await admit(0)
    const song = await quota.admit({ what: 'this song', bytes: 1, begin: addSongInWork })
    assert.ok(finishSeparation(ledger.db, song.id))
    assert.equal(quota.roomBytes, MAX_BYTES - neededBytes(song))
    assert.equal(await measuredRoom(), MAX_BYTES)
  })

  test('counts the mixes that are still to be rendered', async () => {
    const song = addSongInWork()
    assert.ok(finishSeparation(ledger.db, song.id))
    mixFile(ledger.db, { songId: song.id, mix: { tracks: [1], gains: {} } })
    assert.equal(await measuredRoom(), MAX_BYTES - mixBytes(SAMPLES))
  })

  test('asks for the bytes of a song that are not written yet', async () => {
    const song = addSongInWork()
    assert.ok(finishSeparation(ledger.db, song.id))
    await writeBytes(`songs/${song.id}/song.pcm`, MEBIBYTE)
    const missingBytes = neededBytes(song) - MEBIBYTE
    await quota.reserve('an upload', (await measuredRoom()) - missingBytes - TOLERANCE_BYTES)
    assert.equal(await quota.admitSong(song, () => 'begun'), 'begun')
    await quota.reserve('an upload', 2 * TOLERANCE_BYTES)
    await assert.rejects(
      quota.admitSong(song, () => 'begun'),
      { code: 'no-room' },
    )
  })

  test('admits work that needs no more bytes even if more is promised than there is', async () => {
    await quota.reserve('an upload', MAX_BYTES)
    await quota.admit({ what: 'this song', bytes: 0, begin: addSongInWork })
    assert.ok((quota.roomBytes ?? 0) < 0)
    assert.equal(await admit(0), 'begun')
    await assert.rejects(admit(1), { code: 'no-room' })
  })

  test('counts reserved room until a measurement that begins after its release', async () => {
    const space = await quota.reserve('an upload', MEBIBYTE)
    assert.equal(quota.roomBytes, MAX_BYTES - MEBIBYTE)
    space.release()
    assert.equal(quota.roomBytes, MAX_BYTES - MEBIBYTE)
    assert.equal(await measuredRoom(), MAX_BYTES)
  })

  test('counts room that is released during a measurement until the next one', async () => {
    const space = await quota.reserve('an upload', MEBIBYTE)
    nowMs += 20 * REMEASURE_AFTER_MS
    const measuring = admit(0)
    nowMs += 1
    space.release()
    await measuring
    assert.equal(quota.roomBytes, MAX_BYTES - MEBIBYTE)
    assert.equal(await measuredRoom(), MAX_BYTES)
  })

  test('raises a reservation by the bytes that it lacks, and never lowers it', async () => {
    const space = await quota.reserve('an upload', MEBIBYTE)
    space.raise(MAX_BYTES)
    assert.equal(quota.roomBytes, 0)
    assert.throws(() => space.raise(MAX_BYTES + 1), { code: 'no-room', message: /no room left for more of an upload/ })
    space.raise(1)
    assert.equal(quota.roomBytes, 0)
  })

  test('counts the bytes of a reservation that are in incoming/ only once', async () => {
    await quota.reserve('an upload', 2 * MEBIBYTE)
    await writeBytes('incoming/upload', MEBIBYTE)
    assertNear(await measuredRoom(), MAX_BYTES - 2 * MEBIBYTE)
  })

  test('measures again before it refuses, because room may have become free', async () => {
    await writeBytes('songs/7/original', MEBIBYTE)
    assertNear(await measuredRoom(), MAX_BYTES - MEBIBYTE)
    await rm(join(folders.root, 'songs/7'), { recursive: true })
    nowMs += 1
    assert.equal(await admit(MAX_BYTES), 'begun')
  })

  test('measures in the background after five seconds', async () => {
    await admit(0)
    await writeBytes('songs/7/original', MEBIBYTE)
    nowMs += REMEASURE_AFTER_MS
    assert.equal(quota.roomBytes, MAX_BYTES)
    nowMs += 1
    assert.equal(quota.roomBytes, MAX_BYTES)
    await until('the folder is measured', () => quota.roomBytes !== MAX_BYTES)
    assertNear(quota.roomBytes ?? 0, MAX_BYTES - MEBIBYTE)
  })

  test('throws a transient fault while the folder is gone', async () => {
    await admit(0)
    await rm(folders.root, { recursive: true })
    nowMs += 100_000
    await assert.rejects(admit(1), FolderGone)
  })

  test('calls room low below a twentieth of MAX_DATA_GB, or below 1 GiB', () => {
    assert.equal(quota.lowRoomBytes, MAX_BYTES / 20)
    assert.equal(newQuota(100).lowRoomBytes, GIBIBYTE)
  })
})
