import { createHash, timingSafeEqual } from 'node:crypto'

export type Credentials = {
  user: string
  /** Made at random, so that guesses do not matter. */
  ownPassword?: string | undefined
  /** Chosen by a person; only so many guesses of an address are looked at. */
  password?: string | undefined
}

/** As at the HTTP door. */
const MOST_GUESSES = 10
const GUESSES_WITHIN_MS = 60_000
/** Addresses whose guesses are counted; beyond that the oldest are forgotten. */
const MOST_NETWORKS = 4_096

type Guesses = { wrong: Set<string>; endsAt: number }

/**
 * Judges logins. Ten different wrong ones of one address within a minute, and a chosen password is no longer compared for
 * that address until the minute is over, so that the right one is not found out either. One mistake made again and
 * again, as by a worker with an old password, counts once: it keeps nobody out. The password made at random is always
 * compared: the server, its own workers and those that read it from its file come in whatever others try.
 */
export class LoginGuard {
  readonly #credentials: Credentials
  readonly #guesses = new Map<string, Guesses>()
  readonly #onManyGuesses: (network: string) => void

  constructor(credentials: Credentials, onManyGuesses: (network: string) => void) {
    this.#credentials = credentials
    this.#onManyGuesses = onManyGuesses
  }

  judge({ network, login, passcode }: { network: string; login: string; passcode: string }): {
    isRight: boolean
    reason: string
  } {
    const { user, password, ownPassword } = this.#credentials
    const given = digestOf(login, passcode)
    const isOwn = ownPassword !== undefined && timingSafeEqual(given, digestOf(user, ownPassword))
    const guesses = this.#guessesOf(network)
    if (isOwn) return { isRight: true, reason: '' }
    if (guesses.wrong.size >= MOST_GUESSES)
      return {
        isRight: false,
        reason: `${MOST_GUESSES} wrong passwords came from this address: the next one is looked at in ${Math.ceil((guesses.endsAt - performance.now()) / 1000)} s`,
      }
    if (password !== undefined && timingSafeEqual(given, digestOf(user, password))) return { isRight: true, reason: '' }
    this.#note(network, { guesses, guess: given.toString('base64') })
    return { isRight: false, reason: 'the login or the passcode is wrong' }
  }

  #guessesOf(network: string): Guesses {
    const known = this.#guesses.get(network)
    if (known && known.endsAt > performance.now()) return known
    return { wrong: new Set(), endsAt: performance.now() + GUESSES_WITHIN_MS }
  }

  #note(network: string, { guesses, guess }: { guesses: Guesses; guess: string }): void {
    if (guesses.wrong.size === 0) {
      this.#guesses.delete(network) // it goes to the end: the map is in the order of time
      const [oldest] = this.#guesses.keys()
      if (this.#guesses.size >= MOST_NETWORKS && oldest !== undefined) this.#guesses.delete(oldest)
      this.#guesses.set(network, guesses)
    }
    guesses.wrong.add(guess)
    if (guesses.wrong.size === MOST_GUESSES) this.#onManyGuesses(network)
  }
}

/** Digests of one length, whatever the texts, can be compared in constant time. */
function digestOf(login: string, passcode: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([login, passcode]))
    .digest()
}
