import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup, DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { UserError } from '../song/errors.ts'

const MIGRATIONS = new URL('./migrations/', import.meta.url)

/** Copies a ledger as it is at one moment, while others read and write it (SQLite's online backup). */
export async function copyLedger(from: string, to: string): Promise<void> {
  const source = new DatabaseSync(from, { readOnly: true })
  try {
    await backup(source, to)
  } finally {
    source.close()
  }
}

/** The ledger: SQLite in WAL mode. Every call is synchronous, so a change made of several is never seen half-way. */
export class Database {
  readonly #sqlite: DatabaseSync
  readonly #statements = new Map<string, ReturnType<DatabaseSync['prepare']>>()

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true })
    this.#sqlite = new DatabaseSync(path)
    this.#sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;')
    this.#sqlite.exec('PRAGMA busy_timeout = 2000;')
    this.#migrate(path)
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
    return Number(this.#prepared(sql).run(...values).changes)
  }

  insert(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepared(sql).run(...values).lastInsertRowid)
  }

  /** Rows written since it was opened. */
  get totalChanges(): number {
    return this.one<{ n: number }>('SELECT total_changes() AS n')?.n ?? 0
  }

  /** All of `work` or nothing of it. Not to be nested, and `work` must not wait. */
  transaction<T>(work: () => T): T {
    this.#sqlite.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#sqlite.exec('COMMIT')
      return result
    } catch (error) {
      // A full disk has ended it already.
      if (this.#sqlite.isTransaction) this.#sqlite.exec('ROLLBACK')
      throw error
    }
  }

  close(): void {
    this.#statements.clear()
    this.#sqlite.close()
  }

  #prepared(sql: string): ReturnType<DatabaseSync['prepare']> {
    const known = this.#statements.get(sql)
    if (known) return known
    const statement = this.#sqlite.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #migrate(path: string): void {
    const files = readdirSync(MIGRATIONS)
      .filter((name) => name.endsWith('.sql'))
      .sort()
    const version = this.one<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0
    if (version > files.length) {
      throw new UserError(
        `The ledger ${path} is of version ${version}; this program knows ${files.length}. Use a newer Minus One.`,
        { code: 'ledger-newer' },
      )
    }
    for (const [index, name] of files.entries()) {
      if (index < version) continue
      const sql = readFileSync(new URL(name, MIGRATIONS), 'utf8')
      this.transaction(() => this.#sqlite.exec(`${sql}; PRAGMA user_version = ${index + 1};`))
    }
  }
}
