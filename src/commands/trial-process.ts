import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { usableMemoryMb } from '../config.ts'
import type { ShelvedModel } from '../models/shelf.ts'
import { type ErrorCode, UserError } from '../song/errors.ts'
import type { Trial } from './try-model.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
/** The largest model of the catalogue takes two minutes on two cores, its graphs optimised for the first time. */
const LONGEST_TRIAL_MS = 15 * 60_000
const LOOK_EVERY_MS = 250
const MEBIBYTE = 2 ** 20
const PAGE_BYTES = 4096
/** A trial is one line of JSON, and its fault a few lines; a network that prints more is not listened to. */
const MOST_SAID = 1 << 16

export type TrialLimits = { longestMs: number; memoryMb: number }

/**
 * Tries a model in a process of its own, which may use the memory that this machine has for models and a quarter of an
 * hour. Throws when the model is not usable, ends that process, or exceeds a limit. No process is left behind.
 */
export async function trialOf({
  model,
  others,
  limits = { longestMs: LONGEST_TRIAL_MS, memoryMb: usableMemoryMb() },
  signal,
}: {
  model: ShelvedModel
  /** Folders of models whose graphs it may use. */
  others: readonly string[]
  limits?: TrialLimits
  signal?: AbortSignal
}): Promise<Trial> {
  const { longestMs, memoryMb } = limits
  if (model.memoryMb > memoryMb) {
    throw broken(
      `${model.name} takes ${model.memoryMb} MB of memory; this machine has ${memoryMb} MB for it. Install it on the server of larger workers.`,
      'no-memory',
    )
  }
  signal?.throwIfAborted()
  // A process group of its own: an interrupt at the keyboard reaches this process, which ends the trial.
  const child = spawn(process.execPath, [...process.execArgv, MAIN, 'models', 'try', model.folder, ...others], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  let fault: Error | null = null
  const kill = (reason: Error): void => {
    fault ??= reason
    child.kill('SIGKILL')
  }
  const tooLong = () =>
    kill(broken(`Model ${model.name} is not usable: its trial did not end within ${inWords(longestMs)}.`))
  const onAbort = () => kill(new Error('interrupted'))
  const timer = setTimeout(tooLong, longestMs)
  const memory = setInterval(async () => {
    if ((await residentMb(child.pid)) <= memoryMb) return
    kill(broken(`Model ${model.name} is not usable: its trial took more than ${memoryMb} MB of memory.`))
  }, LOOK_EVERY_MS)
  signal?.addEventListener('abort', onAbort)
  try {
    let said = ''
    let failed = ''
    child.stdout.on('data', (bytes) => (said = (said + String(bytes)).slice(-MOST_SAID)))
    child.stderr.on('data', (bytes) => (failed = (failed + String(bytes)).slice(-MOST_SAID)))
    const [code, by] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (exit, killedBy) => resolve([exit, killedBy]))
    })
    if (fault) throw fault
    if (code === 0) return JSON.parse(said) as Trial
    const reason = failed
      .trim()
      .split('\n')
      .findLast((line) => line.startsWith('minus-one: '))
      ?.slice('minus-one: '.length)
    throw broken(
      reason ?? `Model ${model.name} ends the process that loads it (${by ?? `exit ${code}`}). It is not installed.`,
    )
  } finally {
    clearTimeout(timer)
    clearInterval(memory)
    signal?.removeEventListener('abort', onAbort)
  }
}

async function residentMb(pid: number | undefined): Promise<number> {
  const statm = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => '')
  return (Number(statm.split(' ')[1] ?? 0) * PAGE_BYTES) / MEBIBYTE
}

function inWords(milliseconds: number): string {
  return milliseconds >= 60_000 ? `${milliseconds / 60_000} minutes` : `${milliseconds / 1000} seconds`
}

function broken(message: string, code: ErrorCode = 'model-broken'): UserError {
  return new UserError(message, { code })
}
