import type { Frame } from '../frame.ts'

const KIBIBYTE = 2 ** 10
const MEBIBYTE = 2 ** 20
/** One peer: over 6,000 invitations that wait, where a server has two out for every worker. */
export const MOST_PEER_BYTES = 16 * MEBIBYTE
/** One queue: as much, so that one peer can fill it only by being the one who has the most in it. */
export const MOST_QUEUE_BYTES = 16 * MEBIBYTE
/** All peers: 64 workers with all their jobs take less than 2 MiB. */
export const MOST_BYTES = 64 * MEBIBYTE
/** A message, a subscription or a transaction beside its text: objects, and the queue that may exist for it alone. */
const THING_BYTES = KIBIBYTE
/** A header beside its text. */
const HEADER_BYTES = 128
/** V8 keeps a text with one character beyond Latin-1 in two bytes a character. */
const CHARACTER_BYTES = 2

/** More was asked of the broker than it gives one peer, or all of them. */
export class LimitReached extends Error {
  override name = 'LimitReached'
}

/** What keeping a frame takes at most. */
export function costOf({ headers, body }: Frame): number {
  let characters = body.length
  let count = 0
  for (const name in headers) {
    characters += name.length + (headers[name]?.length ?? 0)
    count++
  }
  return THING_BYTES + HEADER_BYTES * count + CHARACTER_BYTES * characters
}

/** What the broker keeps on behalf of one peer. */
export class Account {
  readonly #budget: Budget
  readonly evict: () => void
  #bytes = 0
  #isOpen = true
  /** Queues that exist because of this peer. */
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

  /** Takes so much more. Throws LimitReached where that is too much. */
  charge(bytes: number): void {
    if (this.#bytes + bytes > MOST_PEER_BYTES) {
      throw new LimitReached(
        `The broker keeps at most ${MOST_PEER_BYTES / MEBIBYTE} MiB for one peer: commit or abort transactions, read and acknowledge what was subscribed to, and wait until what was sent is taken.`,
      )
    }
    this.#budget.makeRoom(this, bytes)
    this.change(bytes)
  }

  /** Takes so much more, or less, that is there already: what moves from one account to another. */
  change(bytes: number): void {
    this.#bytes += bytes
    this.#budget.count(this, bytes)
  }

  /** Once its peer is gone: what is left is memory that the system has not given back yet. */
  close(): void {
    if (!this.#isOpen) return
    this.#budget.count(this, -this.#bytes)
    this.#isOpen = false
    this.#budget.count(this, this.#bytes)
    this.#budget.remove(this)
  }
}

/**
 * The memory of all peers. Every byte that is kept is charged to somebody: a partly received frame, a transaction, a
 * subscription and unsent bytes to their peer, a message to its sender while it waits and to its holder until it is
 * acknowledged. When all is taken, whoever has the most is closed, so that a peer with little always gets through.
 */
export class Budget {
  readonly #accounts = new Set<Account>()
  /** Pays for messages whose sender is gone. They are the first to be thrown away where they are the most. */
  readonly abandoned: Account
  #openBytes = 0
  #closedBytes = 0

  constructor({ dropAbandoned }: { dropAbandoned(): void }) {
    this.abandoned = this.open(dropAbandoned)
  }

  /** What is kept now, for peers that are there and for those that are gone. */
  get bytes(): number {
    return this.#openBytes + this.#closedBytes
  }

  /** @param evict closes the peer; what it sent is then abandoned */
  open(evict: () => void): Account {
    const account = new Account(this, evict)
    this.#accounts.add(account)
    return account
  }

  remove(account: Account): void {
    this.#accounts.delete(account)
  }

  /** Who pays for a message of this sender now. */
  payerOf(sender: Account): Account {
    return sender.isOpen ? sender : this.abandoned
  }

  count(account: Account, bytes: number): void {
    if (account.isOpen) this.#openBytes += bytes
    else this.#closedBytes += bytes
  }

  /** Evicts others until `bytes` more have room. Throws LimitReached where the one who wants them has the most itself. */
  makeRoom(account: Account, bytes: number): void {
    while (bytes > 0 && this.#openBytes + bytes > MOST_BYTES) this.#evictFor(account, this.#largest())
    // What the evicted had is given back only when their sockets have closed: more than twice as much is never there.
    if (bytes > 0 && this.bytes + bytes > 2 * MOST_BYTES) throw brokerFull()
  }

  /** Evicts the owner of the most, unless that is who asks for room. */
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
    `The broker keeps at most ${MOST_BYTES / MEBIBYTE} MiB, all is taken, and this peer has the most. Try again later.`,
  )
}
