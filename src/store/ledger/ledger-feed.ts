import type { LedgerChange } from './ledger-changes.ts'

type Listener = (changes: readonly LedgerChange[]) => void

/** Brings what transactions changed from the ledger to those who act on it, in the order in which they subscribed. */
export class LedgerFeed {
  readonly #listeners: Listener[] = []
  readonly #onFault: (error: unknown) => void

  /** @param onFault is told what a listener has thrown. Whoever changed the ledger is not: the change is committed. */
  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault
  }

  subscribe(listener: Listener): void {
    this.#listeners.push(listener)
  }

  deliver(changes: readonly LedgerChange[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(changes)
      } catch (error) {
        this.#onFault(error)
      }
    }
  }
}
