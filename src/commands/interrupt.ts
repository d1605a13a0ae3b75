import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Added to the number of the signal that ended a process (POSIX, "Exit Status for Commands"). */
const BASE_EXIT_CODE = 128
/**
 * A second signal within this time comes from the same Ctrl-C. The terminal sends it both to this process and to the launcher
 * of an old Node, which passes it on.
 */
const SAME_INTERRUPT_MS = 1000

/** Aborts at the first signal that asks this process to end. A signal more than a second later ends the process at once. */
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
      } else if (performance.now() - abortedAt > SAME_INTERRUPT_MS) {
        process.off(name, onSignal)
        process.kill(process.pid, name)
      }
    })
  }
  // Without a listener a write beyond `ulimit -f` kills the process; with one it fails like a write to a full disk.
  process.on('SIGXFSZ', () => undefined)
  return { signal: stop.signal, exitCode: () => exitCode }
}
