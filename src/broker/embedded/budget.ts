import { KIBIBYTE, MEBIBYTE } from '../../platform/byte-units.ts'
import type { Frame } from '../frame.ts'

/** The most memory that one peer may use. It holds 6,000 waiting invitations, and a server has two of them for every worker. */
const MAX_PEER_BYTES = 16 * MEBIBYTE
/**
 * The most memory that one queue may use: as much as one peer. So a peer fills a queue only if it has the largest share of it.
 */
export const MAX_QUEUE_BYTES = 16 * MEBIBYTE
/** The most memory that all peers together may use. 64 workers with all their jobs take less than 2 MiB. */
export const MAX_BYTES = 64 * MEBIBYTE
/**
 * The memory of the objects of a message, a subscription or a transaction, without its text. It includes a queue that exists
 * only for it.
 */
const ENTRY_BYTES = KIBIBYTE
/** The memory of the objects of a header, without its text. */
const HEADER_BYTES = 128
/** V8 stores a string with any character beyond Latin-1 as two bytes per character. */
const CHARACTER_BYTES = 2

/** A peer asked for more memory than one peer, or all peers together, may use. */
export class LimitReached extends Error {
  override name = 'LimitReached'
}

/** An upper bound of the memory that a frame takes while the broker keeps it. */
export function costOf({ headers, body }: Frame): number {
  let characters = body.length
  let count = 0
  for (const name in headers) {
    characters += name.length + (headers[name]?.length ?? 0)
    count++
  }
  return ENTRY_BYTES + HEADER_BYTES * count + CHARACTER_BYTES * characters
}

/** The memory that the broker uses for one peer. */
export class Account {
  readonly #budget: Budget
  readonly evict: () => void
  #bytes = 0
  #isOpen = true
  /** How many queues exist because of this peer. */
  queues = 0

  constructor(budget: Budget, evict: () => void) {
    this.#budget = budget
    this.evict = evict
  }

  get bytes(): number {
    return this.#bytes
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Makes room for more memory and charges for it. Throws LimitReached when it exceeds a limit. */
  charge(bytes: number): void {
    if (this.#bytes + bytes > MAX_PEER_BYTES) {
      throw new LimitReached(
        `The broker keeps at most ${MAX_PEER_BYTES / MEBIBYTE} MiB for one peer: commit or abort transactions, read and acknowledge what was subscribed to, and wait until what was sent is taken.`,
      )
    }
    this.#budget.makeRoom(this, bytes)
    this.change(bytes)
  }

  /** Changes the charge without a check, for memory that moves between accounts or is freed. */
  change(bytes: number): void {
    this.#bytes += bytes
    this.#budget.count(this, bytes)
  }

  /** Call it when the peer has disconnected. The remaining charge is memory that the system has not freed yet. */
  close(): void {
    if (!this.#isOpen) return
    this.#budget.count(this, -this.#bytes)
    this.#isOpen = false
    this.#budget.count(this, this.#bytes)
    this.#budget.remove(this)
  }
}

/**
 * The memory of all peers. Every byte is charged to one account. A peer pays for a partly received frame, a transaction, a
 * subscription and unsent bytes. The sender pays for a message while it waits. The subscriber pays for it until it has
 * acknowledged it. When the budget is used up, the peer with the largest account is evicted. So a peer with a small account is
 * always served.
 */
export class Budget {
  readonly #accounts = new Set<Account>()
  /** Pays for the messages of senders that have disconnected. They are dropped when this account is the largest. */
  readonly abandoned: Account
  #openBytes = 0
  #closedBytes = 0

  constructor({ dropAbandoned }: { dropAbandoned(): void }) {
    this.abandoned = this.open(dropAbandoned)
  }

  /** The memory in use, for connected and for disconnected peers. */
  get bytes(): number {
    return this.#openBytes + this.#closedBytes
  }

  /** @param evict closes the peer; the messages that it sent then belong to `abandoned` */
  open(evict: () => void): Account {
    const account = new Account(this, evict)
    this.#accounts.add(account)
    return account
  }

  remove(account: Account): void {
    this.#accounts.delete(account)
  }

  /** The account that pays for a message of this sender now. */
  payerOf(sender: Account): Account {
    return sender.isOpen ? sender : this.abandoned
  }

  count(account: Account, bytes: number): void {
    if (account.isOpen) this.#openBytes += bytes
    else this.#closedBytes += bytes
  }

  /** Evicts others until there is room for `bytes`. Throws LimitReached when the account that asks is the largest itself. */
  makeRoom(account: Account, bytes: number): void {
    while (bytes > 0 && this.#openBytes + bytes > MAX_BYTES) this.#evictFor(account, this.#largest())
    // Memory of evicted peers is freed only when their sockets have closed. Together it stays below twice the limit.
    if (bytes > 0 && this.bytes + bytes > 2 * MAX_BYTES) throw brokerFull()
  }

  /** Evicts the largest account, unless it is the one that asks for room. */
  #evictFor(account: Account, largest: Account): void {
    if (largest === account || largest.bytes === 0) throw brokerFull()
    largest.evict()
  }

  #largest(): Account {
    let largest = this.abandoned
    for (const account of this.#accounts) if (account.bytes > largest.bytes) largest = account
    return largest
  }
}

function brokerFull(): LimitReached {
  return new LimitReached(
    `The broker keeps at most ${MAX_BYTES / MEBIBYTE} MiB, all is taken, and this peer has the most. Try again later.`,
  )
}
