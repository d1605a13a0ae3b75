import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { messageOf } from '../song/errors.ts'
import { passingFaultOf } from '../song/passing-fault.ts'
import { readPlan } from '../song/plan.ts'

/** What was found of a ledger before it is opened for writing. */
export type LedgerCheck =
  | { kind: 'missing' }
  /** No bytes: SQLite itself leaves that where a process dies as it makes one. */
  | { kind: 'empty' }
  /** Whole. */
  | { kind: 'sound'; version: number; serverId: string | null }
  /** A database, or another file, that was never a ledger of this program. */
  | { kind: 'foreign' }
  /** @property faults what SQLite says of it, a few lines; tables: which of its tables that concerns */
  | { kind: 'damaged'; faults: string[]; tables: string[] }

const MOST_FAULTS = 20
const OUR_TABLES = ['attempts', 'files', 'jobs', 'meta', 'songs', 'tracks']
/** What another process does to a ledger, as a checkpoint, takes less. */
const BUSY_TIMEOUT_MS = 5_000

/** Checks a ledger in a thread of its own, since that takes a second for 200 MB; see `checkLedgerNow`. */
export function checkLedger(path: string): Promise<LedgerCheck> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./ledger-check-thread.ts', import.meta.url), { workerData: path })
    thread.once('message', resolve)
    thread.once('error', reject)
    thread.once('exit', (code) => reject(new Error(`The check of the ledger ended with ${code}.`)))
  })
}

/**
 * Reads a whole ledger and changes nothing: its pages and indexes (PRAGMA integrity_check), and every song, whose plan has to
 * be readable. Throws a passing fault of the disk as it is.
 */
export function checkLedgerNow(path: string): LedgerCheck {
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (size === undefined) return { kind: 'missing' }
  if (size === 0) return { kind: 'empty' }
  try {
    if (isForeign(path)) return { kind: 'foreign' }
    return withLedger(path, check)
  } catch (error) {
    const fault = passingFaultOf(error)
    if (fault !== null && fault !== 'ledger-damaged') throw error
    return { kind: 'damaged', faults: [messageOf(error)], tables: [] }
  }
}

/**
 * Whether a database was never a ledger of ours. Somebody else's is left without a trace: `immutable` takes no lock and makes
 * no files beside it (SQLite, "URI Filenames").
 */
function isForeign(path: string): boolean {
  const untouched = pathToFileURL(path)
  untouched.searchParams.set('immutable', '1')
  const names = withLedger(untouched, schemaOf).map(({ name }) => name)
  const ours = OUR_TABLES.filter((table) => names.includes(table))
  return names.length > 0 && ours.length < OUR_TABLES.length / 2
}

function withLedger<T>(path: string | URL, work: (sqlite: DatabaseSync) => T): T {
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

function check(sqlite: DatabaseSync): LedgerCheck {
  const schema = schemaOf(sqlite)
  // One of ours that was made a moment before a power cut has no table yet.
  if (schema.length === 0) return { kind: 'empty' }
  const missing = OUR_TABLES.filter((table) => !schema.some(({ name }) => name === table))
  if (missing.length > 0) {
    return { kind: 'damaged', faults: missing.map((table) => `there is no table ${table}`), tables: missing }
  }
  const rows = sqlite.prepare(`PRAGMA integrity_check(${MOST_FAULTS})`).all() as { integrity_check: string }[]
  const faults = rows
    .flatMap(({ integrity_check }) => integrity_check.split('\n'))
    .filter((line) => line !== 'ok' && !line.startsWith('***'))
  if (faults.length > 0) return { kind: 'damaged', faults, tables: tablesIn(faults, schema) }
  const unreadable = songsWithoutPlan(sqlite)
  if (unreadable.length > 0) return { kind: 'damaged', faults: unreadable, tables: ['songs'] }
  const version = (sqlite.prepare('PRAGMA user_version').get() as { user_version: number }).user_version
  const id = sqlite.prepare(`SELECT value FROM meta WHERE key = 'server_id'`).get() as { value: string } | undefined
  return { kind: 'sound', version, serverId: id?.value ?? null }
}

/** A flipped bit in a text leaves the pages in order. */
function songsWithoutPlan(sqlite: DatabaseSync): string[] {
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

/** SQLite names a tree by its root page, and an index by its name. */
function tablesIn(faults: readonly string[], schema: Schema): string[] {
  const found = new Set<string>()
  for (const fault of faults) {
    const root = Number(/^Tree (\d+)/.exec(fault)?.[1])
    for (const { name, rootpage } of schema) {
      if (rootpage === root || new RegExp(`\\b${name}\\b`).test(fault)) found.add(name)
    }
  }
  return [...found]
}
