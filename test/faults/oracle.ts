import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { samplesOfWav } from '../support/scenario.ts'
import { randomNumbers, wavOf } from '../support/songs.ts'
import { client, filesBelow, startProcess } from '../support/system.ts'
import { until } from '../support/wait.ts'
import { FAULT_MODEL } from './model.ts'

export type TestSong = { wav: Buffer; seconds: number; seed: number }

/** Noise with a beat, which is quick to make. No two blocks of it are equal. */
export function faultSong(seconds: number, seed: number): TestSong {
  const random = randomNumbers(seed)
  const samples = Math.round(seconds * 44_100)
  const song = new Int16Array(2 * samples)
  for (let i = 0; i < song.length; i++) song[i] = (random() - 0.5) * 8_000 * (1 + Math.sin(i / 9_000))
  return { wav: wavOf(song), seconds, seed }
}

/** The hashes of a song's stems by name, from an undisturbed run of the command line. */
export class References {
  readonly #modelsFolder: string
  readonly #folder: string
  readonly #known = new Map<string, Promise<Map<string, string>>>()

  constructor(folder: string, modelsFolder: string) {
    this.#folder = folder
    this.#modelsFolder = modelsFolder
  }

  of(song: TestSong): Promise<Map<string, string>> {
    const key = `${song.seconds}-${song.seed}`
    const known = this.#known.get(key) ?? this.#make(song, join(this.#folder, key))
    this.#known.set(key, known)
    return known
  }

  async #make({ wav }: TestSong, folder: string): Promise<Map<string, string>> {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'song.wav'), wav)
    const words = [
      'separate',
      join(folder, 'song.wav'),
      '--output',
      join(folder, 'out'),
      '--json',
      '--model',
      FAULT_MODEL,
    ]
    const alone = startProcess(words, { MODELS_DIR: this.#modelsFolder })
    const code = await new Promise<number | null>((resolve) => alone.child.once('exit', resolve))
    assert.equal(code, 0, alone.log())
    const { files } = JSON.parse(alone.log().trim().split('\n').at(-1) ?? '') as { files: string[] }
    const hashes = new Map<string, string>()
    for (const file of files) {
      hashes.set(file.slice(file.lastIndexOf('/') + 1, -'.wav'.length), hashOf(samplesOfWav(await readFile(file))))
    }
    await rm(folder, { recursive: true })
    return hashes
  }
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Watches that a song's progress never goes back. */
export function watchProgress(url: string, songId: number): { end(): void } {
  let highest = 0
  let isOver = false
  const look = async (): Promise<void> => {
    while (!isOver && highest < 100) {
      const answer = await fetch(`${url}/music/${songId}`, { signal: AbortSignal.timeout(5_000) }).catch(() => null)
      if (answer?.ok) {
        const { progress } = (await answer.json().catch(() => ({ progress: highest }))) as { progress: number }
        if (progress < highest) failure = new Error(`Song ${songId} went back from ${highest} to ${progress} %.`)
        highest = Math.max(highest, progress)
      }
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  let failure: Error | null = null
  void look()
  return {
    end() {
      isOver = true
      if (failure) throw failure
    },
  }
}

export type Accounting = { jobs: number; attempts: number; lost: number; failed: number; returned: number }

type JobRow = { id: number; state: string; song_id: number; done: number; attempts: number }

/**
 * Checks the ledger of a finished song: every segment has one job, and every job was done by
 * exactly one of its attempts. These are the sets of RabbitMQ's Jepsen suite: attempted, acknowledged, lost, unexpected,
 * duplicated.
 */
export function account(folder: string, songId: number, expectedJobs: number): Accounting {
  const ledger = new DatabaseSync(join(folder, 'ledger.sqlite'), { readOnly: true })
  try {
    const jobs = ledger
      .prepare(
        `SELECT jobs.id, jobs.state, jobs.song_id,
           (SELECT count(*) FROM attempts WHERE job_id = jobs.id AND attempts.state = 'done') AS done,
           (SELECT count(*) FROM attempts WHERE job_id = jobs.id) AS attempts
         FROM jobs WHERE song_id = ?`,
      )
      .all(songId) as JobRow[]
    assert.equal(jobs.length, expectedJobs, 'as many jobs as the song has segments')
    for (const { id, state, done } of jobs) assert.deepEqual([state, done], ['done', 1], `job ${id} has one effect`)
    const count = (state: string): number => {
      const sql =
        'SELECT count(*) AS n FROM attempts JOIN jobs ON jobs.id = job_id WHERE song_id = ? AND attempts.state = ?'
      return Number(ledger.prepare(sql).get(songId, state)?.['n'])
    }
    return {
      jobs: jobs.length,
      attempts: jobs.reduce((sum, { attempts }) => sum + attempts, 0),
      lost: count('lost'),
      failed: count('failed'),
      returned: count('returned'),
    }
  } finally {
    ledger.close()
  }
}

/** Asserts that every stem of a finished song has the samples of an undisturbed run. */
export async function assertIdentical(url: string, songId: number, wanted: Map<string, string>): Promise<void> {
  const api = client(url)
  const { instruments } = await api.ready(songId)
  assert.deepEqual(instruments.map(({ name }) => name).sort(), [...wanted.keys()].sort())
  for (const { name, track } of instruments)
    assert.equal(hashOf(await api.sound(track)), wanted.get(name), `the ${name}`)
}

/** Asserts that no unfinished file is left. */
export async function assertTidy(folder: string): Promise<void> {
  await until('nothing half-done is left', async () => {
    const left = (await filesBelow(folder)).filter((path) => /incoming\/|partial-|\.part$/.test(path))
    return left.length === 0
  })
}
