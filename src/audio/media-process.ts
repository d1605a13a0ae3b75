import type { ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { getPriority, setPriority } from 'node:os'
import { UserError } from '../song/errors.ts'
import { kept } from './media-kept.ts'
import type { MediaReport, MediaTask } from './media-messages.ts'
import { spares } from './media-spares.ts'

const PAGE_BYTES = 4096
const LOOK_EVERY_MS = 500
/** A song is decoded a hundred times as fast as it is separated: its decoder, and its start, give way to all else. */
const BEHIND_OTHERS = 15
/** An hour of sound needs 130 MB, a hostile file could ask for anything. */
const MOST_MEMORY_BYTES = 512 << 20

export type MediaProcess = {
  child: ChildProcess
  /** Settles with the task: its warnings, or a UserError in words for a person. */
  done: Promise<string[]>
  /** Ends the process now; `done` is rejected unless it was over. */
  kill(reason: UserError): void
}

/**
 * Gives a media child one task. Its memory is watched; it is killed with `signal`. What kills or hangs it is taken
 * for the file's fault: that is what it was started for.
 */
export function startMedia({
  task,
  signal,
  onReport,
}: {
  task: MediaTask
  signal?: AbortSignal | undefined
  onReport?: (report: MediaReport) => void
}): MediaProcess {
  const child = (isAboutFile(task) ? kept.take(task.path) : undefined) ?? spares.take()
  if (task.kind === 'decode') giveWay(child)
  const over = Promise.withResolvers<string[]>()
  over.promise.catch(() => undefined) // callers that only read the sound learn of a fault from its stream
  const kill = (reason: Error): void => {
    over.reject(reason)
    child.kill('SIGKILL')
  }
  const onAbort = (): void => kill(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
  const memory = setInterval(() => void watchMemory(child, kill), LOOK_EVERY_MS)

  const onMessage = (report: MediaReport): void => {
    if (report.kind === 'done') over.resolve(report.warnings)
    if (report.kind === 'fault') over.reject(faultOf(report))
    onReport?.(report)
    if (report.kind !== 'done' || task.kind !== 'probe') return
    letGo()
    kept.keep(task.path, child)
  }
  const onExit = (code: number | null, by: NodeJS.Signals | null): void => {
    letGo()
    // What it said last may still be on its way.
    if (child.connected) child.on('message', onMessage).once('disconnect', () => over.reject(crashed(code, by)))
    else over.reject(crashed(code, by))
  }
  const letGo = (): void => {
    clearInterval(memory)
    signal?.removeEventListener('abort', onAbort)
    child.off('message', onMessage).off('exit', onExit)
  }
  child.on('message', onMessage).on('exit', onExit)
  child.on('error', (error) => over.reject(error))
  child.stdin?.on('error', () => undefined) // a child that is gone says so by its exit
  if (signal?.aborted) onAbort()
  else signal?.addEventListener('abort', onAbort)
  child.send(task)
  return { child, done: over.promise, kill }
}

function isAboutFile(task: MediaTask): task is Extract<MediaTask, { kind: 'probe' | 'decode' | 'excerpt' }> {
  return task.kind === 'probe' || task.kind === 'decode' || task.kind === 'excerpt'
}

export function tooSlow(what: string): UserError {
  return undecodable(`Its ${what} took too long; the file is damaged or made to be slow.`)
}

async function watchMemory(child: ChildProcess, kill: (reason: Error) => void): Promise<void> {
  const statm = await readFile(`/proc/${child.pid}/statm`, 'utf8').catch(() => null)
  const bytes = Number(statm?.split(' ')[1] ?? 0) * PAGE_BYTES
  if (bytes > MOST_MEMORY_BYTES) kill(undecodable('It needs too much memory; the file is damaged or made to be large.'))
}

function faultOf(fault: Extract<MediaReport, { kind: 'fault' }>): Error {
  const { code, message } = fault
  if (code !== null) return new UserError(message, { code })
  if (fault.errno === null) return new Error(`The media process failed: ${message}`)
  // A full disk, or one that cannot be read, is not the song's fault: whoever asked tells it by the number.
  return Object.assign(new Error(message), { code: fault.errno })
}

/** Killed by the system's out-of-memory killer, or ended by V8 or the C++ library that got no memory. */
const OUT_OF_MEMORY: ReadonlySet<unknown> = new Set(['SIGKILL', 'SIGTRAP', 'SIGILL'])

function crashed(code: number | null, by: NodeJS.Signals | null): Error {
  if (OUT_OF_MEMORY.has(by)) {
    return Object.assign(new Error(`The media process was ended (${by}), usually for want of memory.`), {
      code: 'ENOMEM',
    })
  }
  return undecodable(`The decoder gave up on it (${by ?? `exit ${code}`}).`)
}

function undecodable(message: string): UserError {
  return new UserError(message, { code: 'undecodable' })
}

function giveWay({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    setPriority(pid, Math.max(getPriority(), BEHIND_OTHERS))
  } catch {
    // it is gone, and says so by its exit
  }
}
