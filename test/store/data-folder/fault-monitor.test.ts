import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Log } from '../../../src/log.ts'
import { FaultMonitor } from '../../../src/store/data-folder/fault-monitor.ts'
import { Database } from '../../../src/store/ledger/database.ts'
import { incomingFolder, ledgerPath, songsFolder } from '../../../src/store/song-files/paths.ts'
import { until } from '../../support/wait.ts'

const FORGOTTEN_AFTER_MS = 50

/** The error of a read by descriptor, with the path that `file-ranges.ts` adds. */
function readError(path: string): Error {
  return Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO', path })
}

describe('the monitor of transient faults', () => {
  let root: string
  let db: Database
  let monitor: FaultMonitor
  let lines: string[]
  const write = (line: string) => void lines.push(line)

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'minus-one-faults-'))
    for (const folder of [incomingFolder({ root }), songsFolder({ root })]) await mkdir(folder)
    db = new Database(ledgerPath({ root }))
    lines = []
    monitor = new FaultMonitor({
      db,
      lock: { assertHeld: () => undefined } as ConstructorParameters<typeof FaultMonitor>[0]['lock'],
      folders: { root },
      log: { info: write, warn: write, error: write } as unknown as Log,
      triesWithinMs: FORGOTTEN_AFTER_MS,
    })
  })
  afterEach(async () => {
    monitor.close()
    db.close()
    await rm(root, { recursive: true, force: true })
  })

  test('calls no defect and no mistake of a user a transient fault', () => {
    assert.equal(monitor.classify(new TypeError('x is not a function')), null)
    assert.equal(monitor.current, null)
    assert.deepEqual(lines, [])
  })

  test('names a full disk as the current fault, logs it once, and lets work go on that needs no space', () => {
    const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })
    assert.deepEqual([monitor.classify(full), monitor.classify(full)], ['no-room', 'no-room'])
    assert.equal(monitor.current, 'no-room')
    assert.equal(monitor.stopsWork, false)
    assert.equal(lines.length, 1)
  })

  test('stops work while the folder is gone, and tells its listeners when it is back', async () => {
    let ends = 0
    monitor.onOver(() => ends++)
    const songs = songsFolder({ root })
    await rename(songs, `${songs}-away`)
    assert.equal(monitor.classify(readError('some file')), 'folder-gone', 'the folder itself is looked at')
    assert.equal(monitor.stopsWork, true)
    await rename(`${songs}-away`, songs)
    await until('the fault is over', () => ends > 0)
    assert.equal(monitor.current, null)
    assert.match(lines.at(-1) ?? '', /folder-gone is over/)
  })

  test('tries a file that cannot be read on a healthy disk five times, whatever other files do', () => {
    for (let tries = 0; tries < 5; tries++) {
      assert.equal(monitor.classify(readError('one.wav')), 'disk-error')
      assert.equal(monitor.classify(readError('two.wav')), 'disk-error')
    }
    assert.equal(monitor.classify(readError('one.wav')), null)
    assert.equal(monitor.current, null, 'one file is no fault of the server')
    assert.equal(lines.length, 2)
    assert.match(lines[0] ?? '', /one\.wav/)
  })

  test('forgets the tries at a file that has been readable in between', async () => {
    for (let tries = 0; tries < 4; tries++) monitor.classify(readError('one.wav'))
    await setTimeout(2 * FORGOTTEN_AFTER_MS)
    for (let tries = 0; tries < 5; tries++) assert.equal(monitor.classify(readError('one.wav')), 'disk-error')
  })

  test('repeats work until its fault is over, and throws a defect at once', async () => {
    let runs = 0
    const work = () => {
      if (runs++ === 0) throw readError('one.wav')
      return 'done'
    }
    assert.equal(await monitor.retry(work), 'done')
    await assert.rejects(
      monitor.retry(() => {
        throw new TypeError('a defect')
      }),
      /a defect/,
    )
  })
})
