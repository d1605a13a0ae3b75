import type { ChildProcess } from 'node:child_process'
import { statSync } from 'node:fs'
import type { Socket } from 'node:net'
import { forkMedia } from './fork-media.ts'

/** One process probes a song, and one decodes it. Two more decode other parts when a listener seeks meanwhile. */
const READY_PROCESSES = 4
const CLOSE_AFTER_MS = 5 * 60_000
/** The time from the last `take` to new processes. Starting them at once would slow down the song that took one. */
const REFILL_AFTER_MS = 10_000
/** When many songs arrive at once, the first ones are decoded first. */
const MAX_RESERVED = 4
const RESERVED_FOR_MS = 60_000

/**
 * Media processes that are started ahead of time. A start takes 0.2 s on a quiet machine and 0.5 s on a busy one, and a song
 * needs two or three.
 * - Ready processes have no task yet. Each gets one task.
 * - A reserved process has probed a file. Its next task is about the same file, mostly to decode it. It never gets another
 *   file, because the first one may have harmed the process.
 */
export class MediaPool {
  readonly #ready = new Set<ChildProcess>()
  readonly #reserved = new Map<string, { child: ChildProcess; timer: NodeJS.Timeout }>()
  #isWarm = false
  #closing: NodeJS.Timeout | null = null
  #refill: NodeJS.Timeout | null = null

  /** Call this when songs may soon be added or played. The ready processes end five minutes after the last call. */
  warmUp(): void {
    if (this.#closing) clearTimeout(this.#closing)
    this.#closing = setTimeout(() => this.#coolDown(), CLOSE_AFTER_MS)
    this.#closing.unref()
    if (this.#isWarm) return
    this.#isWarm = true
    this.#fill()
  }

  /** Gives the process that is reserved for this file, else a ready one, else a new one. */
  take(path: string | null): ChildProcess {
    return (path === null ? null : this.#takeReserved(path)) ?? this.#takeReady() ?? forkMedia()
  }

  /** Reserves a process that has probed a file for the next task with that file, or ends the process. */
  reserve(path: string, child: ChildProcess): void {
    const file = identityOf(path)
    if (file === null || this.#reserved.has(file) || this.#reserved.size === MAX_RESERVED) {
      child.kill('SIGKILL')
      return
    }
    const timer = setTimeout(() => this.#release(file)?.kill('SIGKILL'), RESERVED_FOR_MS)
    timer.unref()
    for (const handle of handlesOf(child)) handle?.unref()
    this.#reserved.set(file, { child, timer })
    child.once('exit', () => {
      if (this.#reserved.get(file)?.child === child) this.#release(file)
    })
  }

  /** Ends all processes that have no task. */
  close(): void {
    this.#coolDown()
    for (const file of [...this.#reserved.keys()]) this.#release(file)?.kill('SIGKILL')
  }

  #takeReserved(path: string): ChildProcess | null {
    const file = identityOf(path)
    const child = file === null ? null : this.#release(file)
    if (child) for (const handle of handlesOf(child)) handle?.ref()
    return child
  }

  #takeReady(): ChildProcess | null {
    const [child = null] = this.#ready
    if (child) this.#ready.delete(child)
    this.#refillLater()
    return child
  }

  #release(file: string): ChildProcess | null {
    const reserved = this.#reserved.get(file)
    if (!reserved) return null
    clearTimeout(reserved.timer)
    this.#reserved.delete(file)
    return reserved.child
  }

  #refillLater(): void {
    if (!this.#isWarm) return
    if (this.#refill) clearTimeout(this.#refill)
    this.#refill = setTimeout(() => this.#fill(), REFILL_AFTER_MS)
    this.#refill.unref()
  }

  #fill(): void {
    this.#refill = null
    while (this.#isWarm && this.#ready.size < READY_PROCESSES) {
      const child = forkIfPossible()
      if (!child) return
      this.#ready.add(child)
      child.once('exit', () => this.#ready.delete(child))
      child.once('error', () => this.#ready.delete(child))
    }
  }

  #coolDown(): void {
    this.#isWarm = false
    if (this.#closing) clearTimeout(this.#closing)
    if (this.#refill) clearTimeout(this.#refill)
    this.#refill = null
    for (const child of this.#ready) child.kill('SIGKILL')
    this.#ready.clear()
  }
}

/** A start ahead of time may fail. The task that needs the process tries again and reports the error. */
function forkIfPossible(): ChildProcess | null {
  try {
    return forkMedia()
  } catch {
    return null
  }
}

type Handle = { ref(): unknown; unref(): unknown }

/**
 * Identifies a file. The result stays the same when the file is moved, and no later file has it. Null when the file does not
 * exist.
 */
function identityOf(path: string): string | null {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stat ? `${stat.dev}:${stat.ino}:${stat.birthtimeNs}` : null
}

/** The handles that keep the event loop alive for a child: the process, the channel to it, and its pipes. */
function handlesOf(child: ChildProcess): (Handle | null | undefined)[] {
  return [child, child.channel, child.stdin as Socket | null, child.stdout as Socket | null]
}
