import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import type { LyricsAnswer } from '../../../src/listen/lyrics-schemas.ts'
import { type Lyrics, textOfLine } from '../../../src/song/lyrics.ts'
import { startRabbitmq } from '../../support/rabbitmq.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type System, startProcess, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const SONG = wavOf(makeSong(75, 4))
const LINE_SECONDS = 5
const LINES = Array.from({ length: 14 }, (_, index) => `these are the words of line ${index}`)
const MODEL = 'spleeter-2stems'
const PATIENT = { timeoutMs: 240_000, everyMs: 20 }

/** A text whose lines have times. A person has placed its first word, so it counts as the right one for a voice that sings no words. */
const TEXT: Lyrics = {
  language: 'en',
  source: 'pasted',
  isDraft: false,
  lines: LINES.map((line, index) => {
    const startMs = 1_000 * LINE_SECONDS * index
    const words = line.split(/(?<= )/).map((text, place) => {
      const isConfirmed = index + place === 0
      return {
        text,
        startMs: isConfirmed ? 0 : null,
        endMs: isConfirmed ? 300 : null,
        syllables: null,
        reading: null,
        isConfirmed,
      }
    })
    return { words, startMs, endMs: null, singer: null, isDoubtful: false }
  }),
}

describe('The words of a song are placed while its workers and its server die', () => {
  /** Adds the song with its text, and asks for its voice. */
  async function addSong({ url }: System): Promise<number> {
    const api = client(url)
    const { music_id: id } = await api.upload(SONG)
    await api.json(`/music/${id}/lyrics`, {
      method: 'PUT',
      headers: { 'if-match': '"0"' },
      body: JSON.stringify({ lyrics: TEXT }),
    })
    const align = { method: 'POST', body: JSON.stringify({ kind: 'align' }) }
    assert.equal((await api.json<LyricsAnswer>(`/music/${id}/lyrics/work`, align)).work?.state, 'waiting')
    await api.keep(id, ['vocals'])
    return id
  }

  const lyricsOf = ({ url }: System, id: number) => client(url).json<LyricsAnswer>(`/music/${id}/lyrics`)

  /** Jobs for lyrics that workers are at. The API names only those of separations. */
  function jobsInWork(folder: string): { id: number; worker: string }[] {
    const ledger = new DatabaseSync(join(folder, 'ledger.sqlite'), { readOnly: true })
    try {
      const sql = `SELECT id, worker FROM jobs WHERE kind = 'lyrics' AND state = 'claimed'`
      return ledger.prepare(sql).all() as { id: number; worker: string }[]
    } finally {
      ledger.close()
    }
  }

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
    await until('the words are placed', async () => (await lyricsOf(system, songId)).work === null, PATIENT)
    const { lyrics, versions } = await lyricsOf(system, songId)
    assert.deepEqual(
      versions.map(({ timing, in_use }) => [timing, in_use]),
      [
        ['words', true],
        ['words', false],
      ],
    )
    const { lines } = lyrics ?? assert.fail()
    assert.deepEqual(lines.map(textOfLine), LINES)
    for (const { words } of lines) {
      for (const [place, word] of words.entries()) {
        assert.ok(word.startMs !== null && word.endMs !== null && word.startMs <= word.endMs, JSON.stringify(word))
        assert.ok(word.startMs >= (words[place - 1]?.startMs ?? 0))
      }
    }
    const progress = await client(system.url).ready(songId)
    assert.deepEqual([progress.chunks.done, progress.error], [progress.chunks.total, null])
  }

  test('a worker killed in an alignment is replaced by another one, and a killed server goes on where it was', async () => {
    const system = await startSystem({ WORKERS_HEALTHY: '2', MODEL, LYRICS: 'ask' })
    try {
      const songId = await addSong(system)
      const jobId = await killWorker(system)
      await until('another worker begins it', () => system.log().includes(`Job[${jobId}] is started again`), PATIENT)
      await until('a job is done', async () => ((await lyricsOf(system, songId)).work?.done ?? 1) > 0, PATIENT)
      await system.restart()
      await assertPlaced(system, songId)
    } finally {
      await system.remove()
    }
  })

  test('a worker killed in an alignment is replaced by another one with RabbitMQ', async () => {
    const rabbitmq = await startRabbitmq()
    const broker = { BROKER_HOST: '127.0.0.1', BROKER_PORT: String(rabbitmq.port) }
    const system = await startSystem({ MODEL, LYRICS: 'ask', ...broker })
    const workers = startProcess(['work'], { WORKERS_HEALTHY: '2', MODEL, ...broker })
    try {
      const songId = await addSong(system)
      const jobId = await killWorker(system)
      await until('another worker begins it', () => system.log().includes(`Job[${jobId}] is started again`), PATIENT)
      await assertPlaced(system, songId)
    } finally {
      await workers.stop()
      await system.remove()
      await rabbitmq.remove()
    }
  })

  test('a song without a text and without a voice is separated, and says why it gets no words', async () => {
    const system = await startSystem({ WORKERS_HEALTHY: '1', MODEL, LYRICS: 'auto' })
    try {
      const api = client(system.url)
      const { music_id } = await api.upload(wavOf(new Int16Array(2 * 44_100 * 20)))
      await api.keep(music_id, ['vocals'])
      await api.ready(music_id)
      const reason = async () => (await lyricsOf(system, music_id)).work?.reason ?? ''
      await until('it says why', async () => /No voice was found/.test(await reason()), PATIENT)
    } finally {
      await system.remove()
    }
  })
})
