import type { LedgerChange } from './ledger-changes.ts'

type Listener = (changes: readonly LedgerChange[]) => void

/** Brings what transactions changed from the ledger to those who act on it, in the order in which they subscribed. */
export class LedgerFeed {
  readonly #listeners: Listener[] = []

  subscribe(listener: Listener): void {
    this.#listeners.push(listener)
  }

  deliver(changes: readonly LedgerChange[]): void {
    for (const listener of this.#listeners) listener(changes)
  }
}
