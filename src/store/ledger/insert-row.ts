import type { Database } from './database.ts'

/**
 * Inserts a row. The column names come from the program, never from data.
 * @returns the row's id
 */
export function insertRow(db: Database, table: string, row: Readonly<Record<string, string | number | null>>): number {
  const columns = Object.keys(row)
  const places = columns.map(() => '?').join(', ')
  return db.insert(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places})`, ...Object.values(row))
}
