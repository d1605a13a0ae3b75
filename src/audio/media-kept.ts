import type { ChildProcess } from 'node:child_process'
import { statSync } from 'node:fs'
import type { Socket } from 'node:net'

/** Of many songs that come in at once the first are decoded first. */
const MOST = 4
const UNWANTED_AFTER_MS = 60_000

/**
 * Media processes that have looked into a file and stay for what is to be done with the same file next, mostly to decode
 * it: that spares the start of another one, 0.2 s. No other file gets to them.
 */
class Kept {
  readonly #byFile = new Map<string, { child: ChildProcess; timer: NodeJS.Timeout }>()

  /** Keeps a process that has nothing to do, or ends it. */
  keep(path: string, child: ChildProcess): void {
    const file = identityOf(path)
    if (file === null || this.#byFile.has(file) || this.#byFile.size === MOST) {
      child.kill('SIGKILL')
      return
    }
    const timer = setTimeout(() => this.#take(file)?.kill('SIGKILL'), UNWANTED_AFTER_MS)
    timer.unref()
    holdLoosely(child)
    this.#byFile.set(file, { child, timer })
    child.once('exit', () => {
      if (this.#byFile.get(file)?.child === child) this.#take(file)
    })
  }

  /** The process that knows a file, wherever that is now. */
  take(path: string): ChildProcess | undefined {
    const file = identityOf(path)
    const child = file === null ? undefined : this.#take(file)
    if (child) for (const handle of handlesOf(child)) handle?.ref()
    return child
  }

  close(): void {
    for (const file of [...this.#byFile.keys()]) this.#take(file)?.kill('SIGKILL')
  }

  #take(file: string): ChildProcess | undefined {
    const kept = this.#byFile.get(file)
    if (kept) clearTimeout(kept.timer)
    this.#byFile.delete(file)
    return kept?.child
  }
}

export const kept = new Kept()

type Handle = { ref(): unknown; unref(): unknown }

/** What stays the same when a file is moved, and is no other file's after it; null when it is gone. */
function identityOf(path: string): string | null {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat ? `${stat.dev}:${stat.ino}:${stat.birthtimeNs}` : null
}

/** Whoever started it may end without it. */
function holdLoosely(child: ChildProcess): void {
  for (const handle of handlesOf(child)) handle?.unref()
}

/** What keeps the event loop alive for a child: itself, the channel to it, and its pipes. */
function handlesOf(child: ChildProcess): (Handle | null | undefined)[] {
  return [child, child.channel, child.stdin as Socket | null, child.stdout as Socket | null]
}
