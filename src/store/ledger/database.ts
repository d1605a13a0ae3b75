import { readdirSync, readFileSync, statSync } from 'node:fs'
import { backup, DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { FolderGone, transientFaultOf } from '../../platform/transient-fault.ts'
import { UserError } from '../../song/errors.ts'
import { SteadyClock } from './clock.ts'
import type { LedgerChange } from './ledger-changes.ts'
import { lifecycleGuard } from './lifecycle-guard.ts'

const MIGRATIONS = new URL('../migrations/', import.meta.url)

/**
 * Calls are synchronous, so the whole server waits while another process locks the ledger. The wait is short, and happens
 * only once per lock.
 */
const BUSY_TIMEOUT_MS = 250

/** Copies a consistent snapshot of a ledger while other processes read and write it (SQLite's online backup). */
export async function copyLedger(from: string, to: string): Promise<void> {
  const source = new DatabaseSync(from, { readOnly: true })
  try {
    await backup(source, to)
  } finally {
    source.close()
  }
}

/** The number of migrations. It is the version of the ledgers that this program writes. */
export function ledgerVersion(): number {
  return migrationFiles().length
}

/** The ledger: SQLite in WAL mode. All calls are synchronous, so no other code of the process sees a transaction half done. */
export class Database {
  readonly #path: string
  readonly #sqlite: DatabaseSync
  readonly #statements = new Map<string, ReturnType<DatabaseSync['prepare']>>()
  readonly #file: { dev: number; ino: number }
  /** Whether another process locks the ledger. While it does, calls fail at once instead of waiting. */
  #isBusy = false
  readonly clock: SteadyClock
  /** The newest time in the ledger when it was opened, or 0 if it had none. */
  readonly newestTimeAtOpen: number
  readonly #onCommit: (changes: readonly LedgerChange[]) => void
  /** Whether the running transaction is durable. */
  #isDurable = false
  /** Changes of the running transaction so far. */
  #changes: LedgerChange[] = []

  /**
   * Opens a ledger, or creates an empty one, and migrates it to this program's version.
   * @param isClockTrusted see `SteadyClock`
   * @param onCommit receives the changes of each transaction after its COMMIT. It must not throw.
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

  /** Ledger time: milliseconds since 1970 that never go backwards. Every time in the ledger comes from here. */
  now(): number {
    return this.clock.now()
  }

  /** T names the columns of the query. SQLite does not check it. */
  one<T>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.#prepared(sql).get(...values) as T | undefined
  }

  all<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#prepared(sql).all(...values) as T[]
  }

  /** @returns how many rows changed, by which a conditional UPDATE tells whether it applied */
  change(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#write(() => this.#prepared(sql).run(...values)).changes)
  }

  insert(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#write(() => this.#prepared(sql).run(...values)).lastInsertRowid)
  }

  /** Rows written since the ledger was opened. */
  get totalChanges(): number {
    return this.one<{ n: number }>('SELECT total_changes() AS n')?.n ?? 0
  }

  /** Records a change of the running transaction. `onCommit` receives it after the COMMIT. */
  record(change: LedgerChange): void {
    if (!this.#sqlite.isTransaction) throw new Error(`A change was recorded outside of a transaction: ${change.kind}.`)
    this.#changes.push(change)
  }

  /**
   * Runs `work` in a transaction. `work` must be synchronous. A nested call joins the outer transaction, which must be durable
   * if the nested one is to be: SQLite cannot change that before the COMMIT.
   * @param isDurable when the call returns, this change and all earlier ones survive a power cut (PRAGMA synchronous = FULL)
   */
  transaction<T>(work: () => T, { isDurable = false }: { isDurable?: boolean } = {}): T {
    if (this.#sqlite.isTransaction) {
      if (isDurable && !this.#isDurable)
        throw new Error('A durable change was made in a transaction that is not durable.')
      return work()
    }
    const result = this.#write(() => this.#commit(work, isDurable))
    const changes = this.#changes
    this.#changes = []
    if (changes.length > 0) this.#onCommit(changes)
    return result
  }

  #commit<T>(work: () => T, isDurable: boolean): T {
    this.#changes = []
    this.#isDurable = isDurable
    if (isDurable) this.#sqlite.exec('PRAGMA synchronous = FULL')
    try {
      this.#sqlite.exec('BEGIN IMMEDIATE')
      const result = work()
      this.assertInPlace()
      this.#sqlite.exec('COMMIT')
      return result
    } catch (error) {
      this.#changes = []
      // SQLite has already rolled back if the disk was full.
      if (this.#sqlite.isTransaction) this.#sqlite.exec('ROLLBACK')
      throw error
    } finally {
      if (isDurable) this.#sqlite.exec('PRAGMA synchronous = NORMAL')
    }
  }

  /** Throws the error that prevents writing to the ledger now, if there is one. Writes nothing. */
  assertCanWrite(): void {
    this.#write(() => {
      this.#sqlite.exec('BEGIN IMMEDIATE')
      this.#sqlite.exec('ROLLBACK')
    })
  }

  /** Throws FolderGone if the ledger's path no longer names the open file. Anything written to that file would be lost. */
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
      if (transientFaultOf(error) === 'ledger-busy') this.#setBusy(true)
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
    `The ledger ${path} has version ${version}, but this program supports only ${ledgerVersion()}. Use a newer Minus One.`,
    { code: 'ledger-newer' },
  )
}

function migrationFiles(): string[] {
  return readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith('.sql'))
    .sort()
}
