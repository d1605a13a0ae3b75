import type { LedgerChange } from './ledger-changes.ts'

type Listener = (changes: readonly LedgerChange[]) => void

/** Delivers the ledger's changes to its subscribers, in the order in which they subscribed. */
export class LedgerFeed {
  readonly #listeners: Listener[] = []

  subscribe(listener: Listener): void {
    this.#listeners.push(listener)
  }

  deliver(changes: readonly LedgerChange[]): void {
    for (const listener of this.#listeners) listener(changes)
  }
}
