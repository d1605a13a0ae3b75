import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { type Lyrics, textOfLine } from '../../../src/song/lyrics.ts'
import { Database } from '../../../src/store/ledger/database.ts'
import { saveLyrics } from '../../../src/store/tables/lyrics.ts'
import { startRabbitmq } from '../../support/rabbitmq.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type System, startProcess, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const SONG = wavOf(makeSong(75, 4))
const LINE_SECONDS = 5
const LINES = Array.from({ length: 14 }, (_, index) => `these are the words of line ${index}`)
const MODEL = 'spleeter-2stems'
const PATIENT = { timeoutMs: 240_000, everyMs: 20 }

/** A text whose lines have times and whose words have none. */
const TEXT: Lyrics = {
  language: 'en',
  source: 'pasted',
  isDraft: false,
  lines: LINES.map((line, index) => ({
    words: line.split(/(?<= )/).map((text) => {
      return { text, startMs: null, endMs: null, syllables: null, reading: null, isConfirmed: false }
    }),
    startMs: 1_000 * LINE_SECONDS * index,
    endMs: null,
    singer: null,
    isDoubtful: false,
  })),
}

describe('The words of a song are placed while its workers and its server die', () => {
  async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'minus-one-lyrics-jobs-'))
    try {
      await work(folder)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  /** Adds the song and its text to a data folder. Nothing is done for them yet. */
  async function addSong(folder: string): Promise<number> {
    const system = await startSystem({ DATA_DIR: folder, WORKERS_HEALTHY: '0', MODEL })
    const { music_id } = await client(system.url).upload(SONG)
    await system.stop()
    const db = new Database(join(folder, 'ledger.sqlite'))
    assert.equal(saveLyrics(db, { songId: music_id, lyrics: TEXT, revision: 0 }).kind, 'saved')
    db.close()
    return music_id
  }

  function read<T>(folder: string, sql: string): T[] {
    const ledger = new DatabaseSync(join(folder, 'ledger.sqlite'), { readOnly: true })
    try {
      return ledger.prepare(sql).all() as T[]
    } finally {
      ledger.close()
    }
  }
  const jobsInWork = (folder: string) =>
    read<{ id: number; worker: string }>(
      folder,
      `SELECT id, worker FROM jobs WHERE kind = 'lyrics' AND state = 'claimed'`,
    )
  const isWorking = (folder: string) => read(folder, 'SELECT song_id FROM lyrics_work').length > 0

  /** Kills a worker while it is at a job for lyrics, and returns the job. */
  async function killWorker(system: System): Promise<number> {
    return until(
      'a worker is killed at a job for lyrics',
      async () => {
        const [job] = jobsInWork(system.folder)
        const worker = job && (await client(system.url).workers()).find((each) => each.worker === job.worker)
        if (!job || !worker || worker.state === 'lost') return undefined
        process.kill(worker.pid, 'SIGKILL')
        const isKilled = jobsInWork(system.folder).some(({ id }) => id === job.id)
        return isKilled ? job.id : undefined
      },
      PATIENT,
    )
  }

  async function assertPlaced(system: System, songId: number): Promise<void> {
    await until('the words are placed', () => !isWorking(system.folder), PATIENT)
    const sql = 'SELECT lyrics FROM lyrics_versions ORDER BY version'
    const [given, placed, ...more] = read<{ lyrics: string }>(system.folder, sql).map(({ lyrics }) =>
      JSON.parse(lyrics),
    )
    assert.deepEqual([given, more], [TEXT, []])
    const { lines } = placed as Lyrics
    assert.deepEqual(lines.map(textOfLine), LINES)
    for (const [index, { startMs, words }] of lines.entries()) {
      assert.equal(startMs, 1_000 * LINE_SECONDS * index, 'a line keeps its time')
      for (const [place, word] of words.entries()) {
        assert.ok(word.startMs !== null && word.endMs !== null && word.startMs <= word.endMs, JSON.stringify(word))
        assert.ok(word.startMs >= (words[place - 1]?.startMs ?? 0))
      }
    }
    const progress = await client(system.url).ready(songId)
    assert.deepEqual([progress.chunks.done, progress.error], [progress.chunks.total, null])
  }

  test('a worker killed in an alignment is replaced by another one, and a killed server goes on where it was', () =>
    withFolder(async (folder) => {
      const songId = await addSong(folder)
      const system = await startSystem({ DATA_DIR: folder, WORKERS_HEALTHY: '2', MODEL, LYRICS: 'auto' })
      try {
        await client(system.url).keep(songId, ['vocals'])
        const jobId = await killWorker(system)
        await until('another worker begins it', () => system.log().includes(`Job[${jobId}] is started again`), PATIENT)
        await until(
          'a job is done',
          () => read(folder, 'SELECT 1 FROM lyrics_tasks WHERE result IS NOT NULL').length > 0,
          PATIENT,
        )
        await system.restart()
        await assertPlaced(system, songId)
      } finally {
        await system.stop()
      }
    }))

  test('a worker killed in an alignment is replaced by another one with RabbitMQ', () =>
    withFolder(async (folder) => {
      const songId = await addSong(folder)
      const rabbitmq = await startRabbitmq()
      const broker = { BROKER_HOST: '127.0.0.1', BROKER_PORT: String(rabbitmq.port) }
      const system = await startSystem({ DATA_DIR: folder, MODEL, LYRICS: 'auto', ...broker })
      const workers = startProcess(['work'], { WORKERS_HEALTHY: '2', MODEL, ...broker })
      try {
        await client(system.url).keep(songId, ['vocals'])
        const jobId = await killWorker(system)
        await until('another worker begins it', () => system.log().includes(`Job[${jobId}] is started again`), PATIENT)
        await assertPlaced(system, songId)
      } finally {
        await workers.stop()
        await system.stop()
        await rabbitmq.remove()
      }
    }))

  test('a song without a text gets none from a voice without words, and is separated all the same', () =>
    withFolder(async (folder) => {
      const settings = { DATA_DIR: folder, WORKERS_HEALTHY: '1', MODEL, LYRICS: 'auto' }
      const system = await startSystem(settings)
      try {
        const api = client(system.url)
        const { music_id } = await api.upload(wavOf(new Int16Array(2 * 44_100 * 20)))
        await api.keep(music_id, ['vocals'])
        await api.ready(music_id)
        const reason = () => read<{ reason: string | null }>(folder, 'SELECT reason FROM lyrics_work')[0]?.reason
        await until('it says why', () => /No voice was found/.test(reason() ?? ''), PATIENT)
      } finally {
        await system.stop()
      }
    }))
})
