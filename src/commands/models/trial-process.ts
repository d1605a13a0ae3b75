import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import { usableMemoryMb } from '../../config.ts'
import type { InstalledModel } from '../../models/installed-models.ts'
import { MEBIBYTE } from '../../platform/byte-units.ts'
import { type ErrorCode, UserError } from '../../song/errors.ts'
import { MAIN_PATH } from '../main-path.ts'
import type { Trial } from './try-model.ts'

/** The largest model of the catalogue takes two minutes on two cores when its graphs are optimised for the first time. */
const MAX_TRIAL_MS = 15 * 60_000
const CHECK_MEMORY_EVERY_MS = 250
const PAGE_BYTES = 4096
/** A trial prints one line of JSON, or its fault in a few lines. Earlier output, which comes from a network, is dropped. */
const MAX_OUTPUT_CHARACTERS = 1 << 16
const ERROR_PREFIX = 'minus-one: '

export type TrialLimits = { maxMs: number; memoryMb: number }

type TrialProcess = ChildProcessByStdio<Writable, Readable, Readable>

/**
 * Tries a model in its own process. The process may use the memory that this machine has for models, and 15 minutes. Throws
 * when the model is not usable, kills that process, or exceeds a limit. The process has ended in every case.
 */
export async function trialOf({
  model,
  others,
  limits = { maxMs: MAX_TRIAL_MS, memoryMb: usableMemoryMb() },
  signal,
}: {
  model: InstalledModel
  /** Folders with models whose graphs it may use. */
  others: readonly string[]
  limits?: TrialLimits
  signal?: AbortSignal
}): Promise<Trial> {
  if (model.memoryMb > limits.memoryMb) {
    throw broken(
      `${model.name} takes ${model.memoryMb} MB of memory; this machine has ${limits.memoryMb} MB for it. Install it on the server of larger workers.`,
      'no-memory',
    )
  }
  signal?.throwIfAborted()
  // The trial has its own process group. So Ctrl-C reaches only this process, which then ends the trial.
  const child = spawn(process.execPath, [...process.execArgv, MAIN_PATH, 'models', 'try', model.folder, ...others], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  let fault: Error | null = null
  const kill = (reason: Error): void => {
    fault ??= reason
    child.kill('SIGKILL')
  }
  const stopWatching = watchLimits({ child, model, limits, kill })
  const onAbort = () => kill(new Error('interrupted'))
  signal?.addEventListener('abort', onAbort)
  try {
    const result = await outputOf(child)
    if (fault) throw fault
    return readResult(model, result)
  } finally {
    stopWatching()
    signal?.removeEventListener('abort', onAbort)
  }
}

/** @returns a function that ends the watch */
function watchLimits({
  child,
  model: { name },
  limits: { maxMs, memoryMb },
  kill,
}: {
  child: TrialProcess
  model: InstalledModel
  limits: TrialLimits
  kill(reason: Error): void
}): () => void {
  const timer = setTimeout(() => {
    kill(broken(`Model ${name} is not usable: its trial did not end within ${durationInWords(maxMs)}.`))
  }, maxMs)
  const memory = setInterval(async () => {
    if ((await residentMb(child.pid)) <= memoryMb) return
    kill(broken(`Model ${name} is not usable: its trial took more than ${memoryMb} MB of memory.`))
  }, CHECK_MEMORY_EVERY_MS)
  return () => {
    clearTimeout(timer)
    clearInterval(memory)
  }
}

type Output = { stdout: string; stderr: string; code: number | null; signal: NodeJS.Signals | null }

function outputOf(child: TrialProcess): Promise<Output> {
  const { promise, resolve, reject } = Promise.withResolvers<Output>()
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (bytes) => (stdout = (stdout + String(bytes)).slice(-MAX_OUTPUT_CHARACTERS)))
  child.stderr.on('data', (bytes) => (stderr = (stderr + String(bytes)).slice(-MAX_OUTPUT_CHARACTERS)))
  child.once('error', reject)
  child.once('close', (code, signal) => resolve({ stdout, stderr, code, signal }))
  return promise
}

/** Throws the fault that the process has printed, or how it ended. */
function readResult({ name }: InstalledModel, { stdout, stderr, code, signal }: Output): Trial {
  if (code === 0) return JSON.parse(stdout) as Trial
  const lines = stderr.trim().split('\n')
  const reason = lines.findLast((line) => line.startsWith(ERROR_PREFIX))?.slice(ERROR_PREFIX.length)
  throw broken(
    reason ?? `Model ${name} ends the process that loads it (${signal ?? `exit ${code}`}). It is not installed.`,
  )
}

async function residentMb(pid: number | undefined): Promise<number> {
  const statm = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '')
  return (Number(statm.split(' ')[1] ?? 0) * PAGE_BYTES) / MEBIBYTE
}

function durationInWords(milliseconds: number): string {
  return milliseconds >= 60_000 ? `${milliseconds / 60_000} minutes` : `${milliseconds / 1000} seconds`
}

function broken(message: string, code: ErrorCode = 'model-broken'): UserError {
  return new UserError(message, { code })
}
