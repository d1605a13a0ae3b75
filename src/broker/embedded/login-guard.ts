import { createHash, timingSafeEqual } from 'node:crypto'

export type Credentials = {
  user: string
  /** Random, so it cannot be guessed, and attempts are not limited. */
  ownPassword?: string | undefined
  /** Chosen by a person, so guesses at it are limited. */
  password?: string | undefined
}

/** The same limit as at the HTTP login. */
const MAX_GUESSES = 10
const GUESSES_WITHIN_MS = 60_000
/** The number of addresses whose guesses are counted. When there are more, the oldest is forgotten. */
const MAX_NETWORKS = 4_096

type Guesses = { wrong: Set<string>; endsAt: number }

/**
 * Checks logins. After ten different wrong passwords from one address within a minute, the chosen password is not compared for
 * that address until the minute is over. So further guesses learn nothing. The same wrong password counts once, so a worker
 * with an old password does not block its address. The random password is always compared. So the server, its own workers and
 * workers that read the password from its file can always log in.
 */
export class LoginGuard {
  readonly #credentials: Credentials
  readonly #guesses = new Map<string, Guesses>()
  readonly #onManyGuesses: (network: string) => void

  constructor(credentials: Credentials, onManyGuesses: (network: string) => void) {
    this.#credentials = credentials
    this.#onManyGuesses = onManyGuesses
  }

  check({ network, login, passcode }: { network: string; login: string; passcode: string }): {
    isRight: boolean
    reason: string
  } {
    const { user, password, ownPassword } = this.#credentials
    const given = digestOf(login, passcode)
    const isOwn = ownPassword !== undefined && timingSafeEqual(given, digestOf(user, ownPassword))
    const guesses = this.#guessesOf(network)
    if (isOwn) return { isRight: true, reason: '' }
    if (guesses.wrong.size >= MAX_GUESSES)
      return {
        isRight: false,
        reason: `${MAX_GUESSES} wrong passwords came from this address: the next one is checked in ${Math.ceil((guesses.endsAt - performance.now()) / 1000)} s`,
      }
    if (password !== undefined && timingSafeEqual(given, digestOf(user, password))) return { isRight: true, reason: '' }
    this.#countGuess(network, { guesses, guess: given.toString('base64') })
    return { isRight: false, reason: 'the login or the passcode is wrong' }
  }

  #guessesOf(network: string): Guesses {
    const known = this.#guesses.get(network)
    if (known && known.endsAt > performance.now()) return known
    return { wrong: new Set(), endsAt: performance.now() + GUESSES_WITHIN_MS }
  }

  #countGuess(network: string, { guesses, guess }: { guesses: Guesses; guess: string }): void {
    if (guesses.wrong.size === 0) {
      this.#guesses.delete(network) // so that it moves to the end: the map is ordered by time
      const [oldest] = this.#guesses.keys()
      if (this.#guesses.size >= MAX_NETWORKS && oldest !== undefined) this.#guesses.delete(oldest)
      this.#guesses.set(network, guesses)
    }
    guesses.wrong.add(guess)
    if (guesses.wrong.size === MAX_GUESSES) this.#onManyGuesses(network)
  }
}

/** All digests have the same length, so they can be compared in constant time. */
function digestOf(login: string, passcode: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([login, passcode]))
    .digest()
}
