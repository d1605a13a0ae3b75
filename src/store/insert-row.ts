import type { Database } from './database.ts'

/** Inserts a row by its columns' names, which are the program's own, never data. @returns its id */
export function insertRow(db: Database, table: string, row: Readonly<Record<string, string | number | null>>): number {
  const columns = Object.keys(row)
  const places = columns.map(() => '?').join(', ')
  return db.insert(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places})`, ...Object.values(row))
}
