import { readdirSync, readFileSync, statSync } from 'node:fs'
import { backup, DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { UserError } from '../song/errors.ts'
import { FolderGone, passingFaultOf } from '../song/passing-fault.ts'
import { SteadyClock } from './clock.ts'
import type { LedgerChange } from './ledger-changes.ts'
import { lifecycleGuard } from './lifecycle-guard.ts'

const MIGRATIONS = new URL('./migrations/', import.meta.url)

/** Every call is synchronous, so the whole server waits while another process holds the ledger: not for long, and once. */
const BUSY_TIMEOUT_MS = 250

/** Copies a ledger as it is at one moment, while others read and write it (SQLite's online backup). */
export async function copyLedger(from: string, to: string): Promise<void> {
  const source = new DatabaseSync(from, { readOnly: true })
  try {
    await backup(source, to)
  } finally {
    source.close()
  }
}

/** How many migrations this program knows: the version of the ledgers that it writes. */
export function ledgerVersion(): number {
  return migrationFiles().length
}

/** The ledger: SQLite in WAL mode. Every call is synchronous, so a change made of several is never seen half-way. */
export class Database {
  readonly #path: string
  readonly #sqlite: DatabaseSync
  readonly #statements = new Map<string, ReturnType<DatabaseSync['prepare']>>()
  readonly #file: { dev: number; ino: number }
  /** Another process holds it: until that has ended nobody waits for it. */
  #isBusy = false
  readonly clock: SteadyClock
  /** The newest time in it as it was opened; 0 where there was none. */
  readonly newestTimeAtOpen: number
  readonly #onCommit: (changes: readonly LedgerChange[]) => void
  /** What the transaction that runs has changed so far. */
  #changes: LedgerChange[] = []

  /**
   * Opens a ledger, or makes an empty one; brings it forward to this program's version.
   * @param isClockTrusted see `SteadyClock`
   * @param onCommit is told what each transaction changed, once that is committed. It must not throw.
   */
  constructor(
    path: string,
    {
      isClockTrusted = false,
      onCommit = () => undefined,
    }: { isClockTrusted?: boolean; onCommit?(changes: readonly LedgerChange[]): void } = {},
  ) {
    this.#path = path
    this.#onCommit = onCommit
    this.#sqlite = new DatabaseSync(path)
    this.#sqlite.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
    this.#sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;')
    this.#file = statSync(path)
    this.#migrate(path)
    this.#sqlite.exec(lifecycleGuard())
    this.newestTimeAtOpen = this.#newestTime()
    this.clock = new SteadyClock({ newestMs: this.newestTimeAtOpen, isTrusted: isClockTrusted })
  }

  /** Milliseconds since 1970 that never go back: the time of everything that is written here. */
  now(): number {
    return this.clock.now()
  }

  /** The row's shape is the query's promise: T names its columns. */
  one<T>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.#prepared(sql).get(...values) as T | undefined
  }

  all<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#prepared(sql).all(...values) as T[]
  }

  /** Returns how many rows changed, the answer of every conditional update. */
  change(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#write(() => this.#prepared(sql).run(...values)).changes)
  }

  insert(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#write(() => this.#prepared(sql).run(...values)).lastInsertRowid)
  }

  /** Rows written since it was opened. */
  get totalChanges(): number {
    return this.one<{ n: number }>('SELECT total_changes() AS n')?.n ?? 0
  }

  /** Records what the transaction that runs changes, for those who are told after its COMMIT. */
  record(change: LedgerChange): void {
    if (!this.#sqlite.isTransaction) throw new Error(`A change was recorded outside of a transaction: ${change.kind}.`)
    this.#changes.push(change)
  }

  /**
   * All of `work` or nothing of it; `work` must not wait. A transaction within another one is a part of that.
   * @param isDurable when it returns, the change has come through a power cut as well, with all that were made before it
   */
  transaction<T>(work: () => T, { isDurable = false }: { isDurable?: boolean } = {}): T {
    if (this.#sqlite.isTransaction) return work()
    const result = this.#write(() => this.#commit(work, isDurable))
    const changes = this.#changes
    this.#changes = []
    if (changes.length > 0) this.#onCommit(changes)
    return result
  }

  #commit<T>(work: () => T, isDurable: boolean): T {
    this.#changes = []
    if (isDurable) this.#sqlite.exec('PRAGMA synchronous = FULL')
    try {
      this.#sqlite.exec('BEGIN IMMEDIATE')
      const result = work()
      this.assertInPlace()
      this.#sqlite.exec('COMMIT')
      return result
    } catch (error) {
      this.#changes = []
      // A full disk has ended it already.
      if (this.#sqlite.isTransaction) this.#sqlite.exec('ROLLBACK')
      throw error
    } finally {
      if (isDurable) this.#sqlite.exec('PRAGMA synchronous = NORMAL')
    }
  }

  /** Throws what keeps the ledger from being written now; returns where nothing does. Writes nothing. */
  assertCanWrite(): void {
    this.#write(() => {
      this.#sqlite.exec('BEGIN IMMEDIATE')
      this.#sqlite.exec('ROLLBACK')
    })
  }

  /** Throws FolderGone where another file, or none, is in its place: what is written into it would be lost. */
  assertInPlace(): void {
    const now = statSync(this.#path, { throwIfNoEntry: false })
    if (now?.ino === this.#file.ino && now.dev === this.#file.dev) return
    throw new FolderGone(`The ledger is no longer at ${this.#path}.`)
  }

  close(): void {
    this.#statements.clear()
    this.#sqlite.close()
  }

  #write<T>(write: () => T): T {
    if (this.#sqlite.isTransaction) return write()
    try {
      this.assertInPlace()
      const result = write()
      if (this.#isBusy) this.#setBusy(false)
      return result
    } catch (error) {
      if (passingFaultOf(error) === 'ledger-busy') this.#setBusy(true)
      throw error
    }
  }

  #setBusy(isBusy: boolean): void {
    this.#isBusy = isBusy
    this.#sqlite.exec(`PRAGMA busy_timeout = ${isBusy ? 0 : BUSY_TIMEOUT_MS}`)
  }

  #prepared(sql: string): ReturnType<DatabaseSync['prepare']> {
    const known = this.#statements.get(sql)
    if (known) return known
    const statement = this.#sqlite.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #newestTime(): number {
    const newest = this.one<{ time: number | null }>(
      `SELECT max(time) AS time FROM (
         SELECT max(added_at) AS time FROM songs UNION ALL SELECT max(asked_at) FROM songs
         UNION ALL SELECT max(separated_at) FROM songs UNION ALL SELECT max(deleted_at) FROM songs
         UNION ALL SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'clock_seen')`,
    )
    return newest?.time ?? 0
  }

  #migrate(path: string): void {
    const files = migrationFiles()
    const version = this.one<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0
    if (version > files.length) throw newerLedgerError(path, version)
    for (const [index, name] of files.entries()) {
      if (index < version) continue
      const sql = readFileSync(new URL(name, MIGRATIONS), 'utf8')
      this.transaction(() => this.#sqlite.exec(`${sql}; PRAGMA user_version = ${index + 1};`))
    }
  }
}

export function newerLedgerError(path: string, version: number): UserError {
  return new UserError(
    `The ledger ${path} is of version ${version}; this program knows ${ledgerVersion()}. Use a newer Minus One.`,
    { code: 'ledger-newer' },
  )
}

function migrationFiles(): string[] {
  return readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith('.sql'))
    .sort()
}
