import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { restoreLostSetlists } from '../../../src/recover/lost-setlists.ts'
import { Database } from '../../../src/store/ledger/database.ts'
import { listSetlists } from '../../../src/store/queries/setlists.ts'
import { SetlistsFile } from '../../../src/store/records/setlists-file.ts'
import { type Folders, ledgerPath, setlistsPath } from '../../../src/store/song-files/paths.ts'
import { addSetlist, eraseSetlistsDeletedBefore } from '../../../src/store/tables/setlists.ts'

describe('setlists.json', () => {
  let folders: Folders
  let db: Database
  let file: SetlistsFile
  let warnings: string[]

  beforeEach(async () => {
    folders = { root: await mkdtemp(join(tmpdir(), 'minus-one-setlists-')) }
    db = new Database(ledgerPath(folders), { onCommit: (changes) => file.noteChanges(changes) })
    warnings = []
    file = new SetlistsFile({
      db,
      folders,
      faults: { classify: () => null },
      log: { warn: (line: string) => warnings.push(line) },
    } as unknown as ConstructorParameters<typeof SetlistsFile>[0])
  })
  afterEach(async () => {
    await file.close()
    db.close()
    await rm(folders.root, { recursive: true })
  })

  const namesInFile = async () =>
    JSON.parse(await readFile(setlistsPath(folders), 'utf8')).setlists.map(({ name }: { name: string }) => name)

  test('has every change of the ledger, also those that come while it is written', async () => {
    addSetlist(db, { name: 'a', songs: [] })
    await new Promise(setImmediate)
    addSetlist(db, { name: 'b', songs: [] })
    addSetlist(db, { name: 'c', songs: [] })
    await file.save()
    assert.deepEqual(await namesInFile(), ['a', 'b', 'c'])
    assert.deepEqual(
      (await readdir(folders.root)).filter((name) => name.startsWith('setlists.json.')),
      [],
    )
  })

  test('is not made for a ledger that never had a setlist, and is made for one whose file is missing', async () => {
    eraseSetlistsDeletedBefore(db, db.now())
    await file.reconcile()
    assert.equal(existsSync(setlistsPath(folders)), false)
    addSetlist(db, { name: 'a', songs: [] })
    await file.save()
    await rm(setlistsPath(folders))
    await file.reconcile()
    assert.deepEqual(await namesInFile(), ['a'])
  })

  test('is written again after a fault', async () => {
    await mkdir(setlistsPath(folders))
    addSetlist(db, { name: 'a', songs: [] })
    await file.save()
    assert.match(warnings.join(), /setlists\.json could not be written/)
    await rmdir(setlistsPath(folders))
    file.retryFailedWrite()
    await file.close()
    assert.deepEqual(await namesInFile(), ['a'])
  })

  test('is moved aside if it is unreadable, and half a file that a crash left is removed', async () => {
    const half = `${setlistsPath(folders)}.01234567-89ab-cdef-0123-456789abcdef`
    const own = join(dirname(half), 'setlists.json.mine')
    for (const path of [half, own]) await writeFile(path, '{"format":1')
    await writeFile(setlistsPath(folders), '{"format":1,"lastId":1,"setlists":[{"id":"1"}]}')
    const { restored, unreadable } = await restoreLostSetlists(db, folders)
    assert.equal(restored, 0)
    assert.match(unreadable ?? '', /setlists\.json\.unreadable-\d+$/)
    assert.deepEqual([existsSync(half), existsSync(own), existsSync(unreadable ?? '')], [false, true, true])
    assert.deepEqual(await restoreLostSetlists(db, folders), { restored: 0, unreadable: null })
  })

  test('gives a lost ledger its setlists, even if somebody wrote a song into it twice', async () => {
    const setlist = { id: 3, name: 'Gig', songs: [7, 7], version: 4, deletedAt: null }
    await writeFile(setlistsPath(folders), JSON.stringify({ format: 1, lastId: 5, setlists: [setlist, setlist] }))
    assert.equal((await restoreLostSetlists(db, folders)).unreadable, null)
    assert.deepEqual(listSetlists(db), [{ id: 3, name: 'Gig', songs: [], version: 4 }])
  })
})
