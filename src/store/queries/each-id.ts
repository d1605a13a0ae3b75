import type { Database } from '../ledger/database.ts'

/**
 * Yields the ids of a query and reads them a page at a time. The ledger may change between pages.
 * @param sql selects rows with an `id`, sorted by it. Its parameters: the id before the page, `values`, and the page size.
 */
export function* eachId(
  db: Database,
  { sql, after, values = [], pageSize }: { sql: string; after: number; values?: readonly number[]; pageSize: number },
): Generator<number> {
  let last = after
  for (;;) {
    const rows = db.all<{ id: number }>(sql, last, ...values, pageSize)
    for (const { id } of rows) yield id
    last = rows.at(-1)?.id ?? last
    if (rows.length < pageSize) return
  }
}
