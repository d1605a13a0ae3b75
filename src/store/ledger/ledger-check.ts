import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { transientFaultOf } from '../../platform/transient-fault.ts'
import { messageOf } from '../../song/errors.ts'
import { readPlan } from '../../song/plan.ts'

/** The result of checking a ledger before it is opened for writing. */
export type LedgerCheck =
  | { kind: 'missing' }
  /** The file has no bytes or no tables: a process was killed while it created the ledger. */
  | { kind: 'empty' }
  | { kind: 'sound'; version: number; serverId: string | null }
  /** A database of another program. */
  | { kind: 'foreign' }
  /** faults: the first messages of SQLite; tables: the tables that they concern. */
  | { kind: 'damaged'; faults: string[]; tables: string[] }

const MAX_FAULTS = 20
const OUR_TABLES = ['attempts', 'files', 'jobs', 'meta', 'songs', 'tracks']
/** Longer than other processes lock a ledger, for example for a checkpoint. */
const BUSY_TIMEOUT_MS = 5_000

/** Runs `checkLedgerNow` in a thread, because it takes a second for 200 MB. */
export function checkLedger(path: string): Promise<LedgerCheck> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./ledger-check-thread.ts', import.meta.url), { workerData: path })
    thread.once('message', resolve)
    thread.once('error', reject)
    thread.once('exit', (code) => reject(new Error(`The check of the ledger ended with ${code}.`)))
  })
}

/**
 * Checks a ledger without changing it: all pages and indexes (PRAGMA integrity_check) and the plan of every song. Throws
 * transient faults of the disk unchanged.
 */
export function checkLedgerNow(path: string): LedgerCheck {
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (size === undefined) return { kind: 'missing' }
  if (size === 0) return { kind: 'empty' }
  try {
    if (isForeign(path)) return { kind: 'foreign' }
    return readLedger(path, checkContents)
  } catch (error) {
    const fault = transientFaultOf(error)
    if (fault !== null && fault !== 'ledger-damaged') throw error
    return { kind: 'damaged', faults: [messageOf(error)], tables: [] }
  }
}

/**
 * Whether a database belongs to another program. It opens the file as `immutable`, which takes no lock and creates no files
 * beside it (SQLite, "URI Filenames"), so another program's database is left without a trace.
 */
function isForeign(path: string): boolean {
  const immutableUrl = pathToFileURL(path)
  immutableUrl.searchParams.set('immutable', '1')
  const names = readLedger(immutableUrl, schemaOf).map(({ name }) => name)
  const ours = OUR_TABLES.filter((table) => names.includes(table))
  return names.length > 0 && ours.length < OUR_TABLES.length / 2
}

function readLedger<T>(path: string | URL, work: (sqlite: DatabaseSync) => T): T {
  const sqlite = new DatabaseSync(path, { readOnly: true })
  try {
    sqlite.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    return work(sqlite)
  } finally {
    sqlite.close()
  }
}

type Schema = readonly { name: string; rootpage: number }[]

function schemaOf(sqlite: DatabaseSync): Schema {
  return sqlite.prepare('SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0').all() as Schema[number][]
}

function checkContents(sqlite: DatabaseSync): LedgerCheck {
  const schema = schemaOf(sqlite)
  // A ledger that was created just before a power cut has no tables yet.
  if (schema.length === 0) return { kind: 'empty' }
  const missing = OUR_TABLES.filter((table) => !schema.some(({ name }) => name === table))
  if (missing.length > 0) {
    return { kind: 'damaged', faults: missing.map((table) => `there is no table ${table}`), tables: missing }
  }
  const rows = sqlite.prepare(`PRAGMA integrity_check(${MAX_FAULTS})`).all() as { integrity_check: string }[]
  const faults = rows
    .flatMap(({ integrity_check }) => integrity_check.split('\n'))
    .filter((line) => line !== 'ok' && !line.startsWith('***'))
  if (faults.length > 0) return { kind: 'damaged', faults, tables: damagedTables(faults, schema) }
  const unreadable = describeUnreadableSongs(sqlite)
  if (unreadable.length > 0) return { kind: 'damaged', faults: unreadable, tables: ['songs'] }
  const version = (sqlite.prepare('PRAGMA user_version').get() as { user_version: number }).user_version
  const id = sqlite.prepare(`SELECT value FROM meta WHERE key = 'server_id'`).get() as { value: string } | undefined
  return { kind: 'sound', version, serverId: id?.value ?? null }
}

/** Finds songs whose JSON columns are unreadable. integrity_check does not notice a flipped bit in a text. */
function describeUnreadableSongs(sqlite: DatabaseSync): string[] {
  const columns = sqlite.prepare('PRAGMA table_info(songs)').all() as { name: string }[]
  if (!columns.some(({ name }) => name === 'plan')) return []
  const songs = sqlite.prepare('SELECT id, plan, warnings, kept FROM songs').all() as {
    id: number
    plan: string
    warnings: string
    kept: string | null
  }[]
  return songs.flatMap(({ id, plan, warnings, kept }) => {
    try {
      readPlan(plan)
      JSON.parse(warnings)
      JSON.parse(kept ?? 'null')
      return []
    } catch (error) {
      return [`song ${id}: ${messageOf(error)}`]
    }
  })
}

/**
 * The tables and indexes that messages of integrity_check concern. SQLite names a B-tree by its root page, and an index by
 * its name.
 */
function damagedTables(faults: readonly string[], schema: Schema): string[] {
  const found = new Set<string>()
  for (const fault of faults) {
    const root = Number(/^Tree (\d+)/.exec(fault)?.[1])
    for (const { name, rootpage } of schema) {
      if (rootpage === root || new RegExp(`\\b${name}\\b`).test(fault)) found.add(name)
    }
  }
  return [...found]
}
