import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test } from 'node:test'
import { Database } from '../../../src/store/ledger/database.ts'
import { attemptsOf } from '../../../src/store/queries/attempts.ts'
import { jobsOfSong } from '../../../src/store/queries/jobs.ts'
import { getSong, listSongs } from '../../../src/store/queries/songs.ts'
import { filesOfSong } from '../../../src/store/tables/files.ts'
import { addJobs } from '../../../src/store/transitions/jobs.ts'

const MIGRATIONS = new URL('../../../src/store/migrations/', import.meta.url)

/** The rows of a ledger of the first version: a finished song with its stems and mix, and a song in work. */
const ROWS = `
  INSERT INTO meta VALUES ('server_id', 'abc');
  INSERT INTO songs (id, file_name, title, band, album, model, samples, is_decoded, state, kept, progress, added_at)
    VALUES (1, 'Été.mp3', 'Été', 'Zoë', '', 'spleeter-2stems', 441000, 1, 'separated', '[1]', 100, 1000),
           (2, 'b.mp3', 'b', '', '', 'spleeter-2stems', 44100, 0, 'separating', '[3]', 10, 2000);
  INSERT INTO tracks (id, song_id, stem) VALUES (1, 1, 'vocals'), (2, 1, 'instrumental'), (3, 2, 'vocals'), (4, 2, 'instrumental');
  INSERT INTO jobs (id, song_id, segment, state, token, attempt, result_sha256, stretch_sha256)
    VALUES (1, 1, 0, 'done', '12345678', 1, 'aa', 'bb'), (2, 2, 0, 'claimed', '12345678', 1, NULL, NULL);
  INSERT INTO attempts (job_id, number, worker, delivery, token, state, started_at)
    VALUES (1, 1, 'w', 'd', '12345678', 'done', 1), (2, 1, 'w', 'd', '12345678', 'running', 1);
  INSERT INTO jobs (id, song_id, segment, token) VALUES (70, 2, 1, 'removed since');
  DELETE FROM jobs WHERE id = 70;
  INSERT INTO files (id, song_id, track_id, kept, is_ready) VALUES (1, 1, 1, NULL, 1), (2, 1, 2, NULL, 1), (3, 1, NULL, '[1]', 1);
`

describe('migrations of the ledger', async () => {
  const names = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).sort()
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-migrations-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  /** Creates a ledger as the program of that version left it. */
  async function ledgerOf(version: number): Promise<string> {
    const path = join(folder, `version-${version}.sqlite`)
    const ledger = new DatabaseSync(path)
    for (const [index, name] of names.slice(0, version).entries()) {
      ledger.exec(await readFile(new URL(name, MIGRATIONS), 'utf8'))
      if (index === 0) ledger.exec(ROWS)
    }
    ledger.exec(`PRAGMA user_version = ${version}`)
    ledger.close()
    return path
  }

  for (let version = 1; version <= names.length; version++) {
    test(`a ledger of version ${version} is migrated and keeps all its rows`, async () => {
      const path = await ledgerOf(version)
      for (let opened = 0; opened < 2; opened++) {
        const db = new Database(path)
        assert.equal(listSongs(db).length, 2)
        const song = getSong(db, 1)
        assert.deepEqual([song?.title, song?.band, song?.state, song?.samples], ['Été', 'Zoë', 'separated', 441_000])
        assert.deepEqual(song?.plan.stems, ['vocals', 'instrumental'])
        assert.deepEqual(
          filesOfSong(db, 1).map(({ isReady }) => isReady),
          [true, true, true],
        )
        assert.equal(jobsOfSong(db, 1)[0]?.blockSha256, 'bb')
        assert.deepEqual(
          [1, 2].map((jobId) => attemptsOf(db, jobId).map(({ worker, state }) => [worker, state])),
          [[['w', 'done']], [['w', 'running']]],
        )
        assert.deepEqual(db.all('PRAGMA foreign_key_check'), [])
        assert.match(getSong(db, 2)?.error ?? '', /begun by an older version/)
        db.close()
      }
    })
  }

  test('a migrated ledger never gives the id of a removed job again', async () => {
    await rm(join(folder, 'version-1.sqlite'), { force: true })
    const db = new Database(await ledgerOf(1))
    addJobs(db, { songId: 2, segments: 2 })
    assert.equal(jobsOfSong(db, 2)[1]?.id, 71)
    db.close()
  })

  test('a ledger of a newer version is refused with an explanation', async () => {
    await rm(join(folder, `version-${names.length}.sqlite`), { force: true })
    const path = await ledgerOf(names.length)
    const ledger = new DatabaseSync(path)
    ledger.exec('PRAGMA user_version = 99')
    ledger.close()
    assert.throws(
      () => new Database(path),
      /has version 99, but this program supports only \d+\. Use a newer Minus One/,
    )
  })
})
