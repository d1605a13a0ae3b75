import type { ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { getPriority, setPriority } from 'node:os'
import { UserError } from '../../song/errors.ts'
import type { MediaReport, MediaTask } from '../media-messages.ts'
import { forkMedia } from './fork-media.ts'
import type { MediaPool } from './media-pool.ts'

const PAGE_BYTES = 4096
const CHECK_MEMORY_EVERY_MS = 500
/** A song is decoded a hundred times as fast as it is separated. So its decoder gives all other processes precedence. */
const DECODER_NICENESS = 15
/** As a worker: nobody hears a download yet. */
const STRETCHER_NICENESS = 10
/** An hour of sound needs 130 MB. A hostile file could ask for any amount. */
const MAX_MEMORY_BYTES = 512 << 20

export type MediaProcess = {
  child: ChildProcess
  /** Settles with the task: its warnings, or a UserError. */
  done: Promise<string[]>
  /** Ends the process now and rejects `done`, unless `done` has settled. */
  kill(reason: Error): void
}

/**
 * Gives a media process one task and watches its memory. Aborting `signal` kills it. A crash or a hang counts as a fault of the
 * file, because the purpose of the process is to contain such faults.
 * @param mediaPool gives the process; without one, a process is started for this task
 */
export function startMedia({
  task,
  mediaPool,
  signal,
  onReport,
}: {
  task: MediaTask
  mediaPool?: MediaPool | undefined
  signal?: AbortSignal | undefined
  onReport?: (report: MediaReport) => void
}): MediaProcess {
  const child = mediaPool ? mediaPool.take(readsFile(task) ? task.path : null) : forkMedia()
  if (task.kind === 'decode') lowerPriority(child, DECODER_NICENESS)
  if (task.kind === 'stretch') lowerPriority(child, STRETCHER_NICENESS)
  const outcome = Promise.withResolvers<string[]>()
  outcome.promise.catch(() => undefined) // a caller that only reads the sound gets the fault from its stream
  const kill = (reason: Error): void => {
    outcome.reject(reason)
    child.kill('SIGKILL')
  }
  const onAbort = (): void => kill(signal?.reason instanceof Error ? signal.reason : new Error('aborted'))
  const memoryTimer = setInterval(() => void checkMemory(child, kill), CHECK_MEMORY_EVERY_MS)

  const onMessage = (report: MediaReport): void => {
    if (report.kind === 'done') outcome.resolve(report.warnings)
    if (report.kind === 'fault') outcome.reject(faultOf(report))
    onReport?.(report)
    if (report.kind !== 'done' || task.kind !== 'probe') return
    stopWatching()
    if (mediaPool) mediaPool.reserve(task.path, child)
    else child.kill('SIGKILL')
  }
  const onExit = (code: number | null, by: NodeJS.Signals | null): void => {
    stopWatching()
    // Its last messages may arrive after its exit.
    if (child.connected) child.on('message', onMessage).once('disconnect', () => outcome.reject(crashed(code, by)))
    else outcome.reject(crashed(code, by))
  }
  const stopWatching = (): void => {
    clearInterval(memoryTimer)
    signal?.removeEventListener('abort', onAbort)
    child.off('message', onMessage).off('exit', onExit)
  }
  child.on('message', onMessage).on('exit', onExit)
  child.on('error', (error) => outcome.reject(error))
  child.stdin?.on('error', () => undefined) // the exit of the child reports why its input broke
  if (signal?.aborted) onAbort()
  else signal?.addEventListener('abort', onAbort)
  child.send(task)
  return { child, done: outcome.promise, kill }
}

function readsFile(task: MediaTask): task is Extract<MediaTask, { kind: 'probe' | 'decode' | 'excerpt' }> {
  return task.kind === 'probe' || task.kind === 'decode' || task.kind === 'excerpt'
}

export function tooSlow(what: string): UserError {
  return undecodable(`Its ${what} took too long; the file is damaged or made to be slow.`)
}

async function checkMemory(child: ChildProcess, kill: (reason: Error) => void): Promise<void> {
  const statm = await readFile(`/proc/${child.pid}/statm`, 'utf8').catch(() => null)
  const bytes = Number(statm?.split(' ')[1] ?? 0) * PAGE_BYTES
  if (bytes > MAX_MEMORY_BYTES) kill(undecodable('It needs too much memory; the file is damaged or made to be large.'))
}

function faultOf(fault: Extract<MediaReport, { kind: 'fault' }>): Error {
  const { code, message } = fault
  if (code !== null) return new UserError(message, { code })
  if (fault.errno === null) return new Error(`The media process failed: ${message}`)
  // A full or unreadable disk is not the song's fault. The caller recognises it by the error number.
  return Object.assign(new Error(message), { code: fault.errno })
}

/** The signals of a process that the system, V8 or the C++ library has ended because it got no memory. */
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

function lowerPriority({ pid }: ChildProcess, niceness: number): void {
  if (pid === undefined) return
  try {
    setPriority(pid, Math.max(getPriority(), niceness))
  } catch {
    // the process has ended, and its exit reports why
  }
}
