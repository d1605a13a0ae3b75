import type { Database } from './database.ts'

/**
 * The ids that a query finds, read a page at a time as they are asked for: the ledger may change meanwhile.
 * @param sql of rows with an `id`, in its order; takes the id after which a page begins, `values`, and the page's length
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
