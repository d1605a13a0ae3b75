import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** What a shell says of a process that a signal has ended (POSIX, "Exit Status for Commands"). */
const BASE_EXIT_CODE = 128
/** A terminal signals all processes of a command, and the launcher of an old Node passes its own signal on: both are one wish. */
const SAME_WISH_MS = 1000

/** Aborts at the first signal that asks this process to end; one that comes more than a second later ends it. */
export function abortOnSignal(): { signal: AbortSignal; exitCode(): number } {
  const stop = new AbortController()
  let exitCode = 0
  let abortedAt = 0
  for (const name of SIGNALS) {
    process.on(name, function onSignal() {
      if (!stop.signal.aborted) {
        exitCode = BASE_EXIT_CODE + constants.signals[name]
        abortedAt = performance.now()
        stop.abort()
      } else if (performance.now() - abortedAt > SAME_WISH_MS) {
        process.off(name, onSignal)
        process.kill(process.pid, name)
      }
    })
  }
  // A write beyond `ulimit -f` is an error like that of a full disk, and no reason to die.
  process.on('SIGXFSZ', () => undefined)
  return { signal: stop.signal, exitCode: () => exitCode }
}
