import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pino } from 'pino'
import { SongAssembly } from '../../src/assemble/song-assembly.ts'
import type { LedgerChange } from '../../src/store/ledger/ledger-changes.ts'
import { jobsOfSong } from '../../src/store/queries/jobs.ts'
import { getSong } from '../../src/store/queries/songs.ts'
import { songFolder, stemPath } from '../../src/store/song-files/paths.ts'
import { filesOfSong } from '../../src/store/tables/files.ts'
import { markBlockFinal } from '../../src/store/transitions/jobs.ts'
import { finishDecoding } from '../../src/store/transitions/songs.ts'
import { SongTasks } from '../../src/tasks/song-tasks.ts'
import { newSong, openLedger } from '../support/ledger.ts'
import { until } from '../support/wait.ts'

test('a song is told as separated together with its stems, also after the ledger was busy in between', async () => {
  const told: LedgerChange['kind'][][] = []
  const ledger = await openLedger({ onCommit: (changes) => void told.push(changes.map(({ kind }) => kind)) })
  const { db } = ledger
  const root = await mkdtemp(join(tmpdir(), 'minus-one-assembly-'))
  const folders = { root }
  const songId = newSong(db)
  finishDecoding(db, { songId, samples: 20, statistics: { mean: 0, deviation: 1 }, warnings: [] })
  for (const job of jobsOfSong(db, songId)) markBlockFinal(db, { jobId: job.id, sha256: 'x' })
  await mkdir(songFolder(folders, songId), { recursive: true })
  for (const { id: trackId } of getSong(db, songId)?.tracks ?? [])
    await writeFile(stemPath(folders, { songId, trackId }), '')
  told.length = 0

  const insert = db.insert.bind(db)
  let busy = 1
  db.insert = (sql, ...values) => {
    if (sql.startsWith('INSERT INTO files') && busy-- > 0) {
      throw Object.assign(new Error('database is locked'), { code: 'ERR_SQLITE_ERROR', errcode: 5 })
    }
    return insert(sql, ...values)
  }
  const tasks = new SongTasks({
    onFault: (_songId, error) => assert.fail(String(error)),
    transientFaultOf: () => 'ledger-busy',
    retryMs: 10,
  })
  let separated = 0
  const assembly = new SongAssembly({
    db,
    folders,
    log: pino({ enabled: false }),
    records: { saveSong: () => Promise.resolve() },
    tasks,
    whenChecked: () => Promise.resolve(),
    onSeparated: () => void separated++,
  })
  try {
    assembly.confirmDecoded(songId)
    await until('the song is separated', () => separated === 1)
    assert.equal(getSong(db, songId)?.state, 'separated')
    const stems = filesOfSong(db, songId).filter(({ trackId }) => trackId !== null)
    assert.deepEqual(
      stems.map(({ isReady }) => isReady),
      [true, true],
    )
    assert.deepEqual(told, [['song-changed', 'file-ready', 'file-ready']])
  } finally {
    await tasks.close()
    await ledger.remove()
    await rm(root, { recursive: true, force: true })
  }
})
