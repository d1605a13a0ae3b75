import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { pino } from 'pino'
import { type Lyrics, type LyricsSource, type LyricsWord, textOfLine } from '../../src/song/lyrics.ts'
import type { LyricsTaskResult } from '../../src/song/lyrics-task.ts'
import { CHANNELS, SAMPLE_RATE } from '../../src/song/pcm.ts'
import { Database } from '../../src/store/ledger/database.ts'
import { LedgerFeed } from '../../src/store/ledger/ledger-feed.ts'
import { jobsOfSong } from '../../src/store/queries/jobs.ts'
import { waitingLyricsJobs } from '../../src/store/queries/lyrics-queue.ts'
import { lyricsTaskOf } from '../../src/store/queries/lyrics-tasks.ts'
import { lyricsWorkOf } from '../../src/store/queries/lyrics-work-state.ts'
import { getSong } from '../../src/store/queries/songs.ts'
import { songFolder, stemPath } from '../../src/store/song-files/paths.ts'
import { addJobs, claimJob, markBlockFinal } from '../../src/store/transitions/jobs.ts'
import { acceptLyricsResult } from '../../src/store/transitions/lyrics-jobs.ts'
import { addSong, finishDecoding, requestMix } from '../../src/store/transitions/songs.ts'
import type { LyricsInUse } from '../../src/transcribe/advance-work.ts'
import { LyricsFlow } from '../../src/transcribe/lyrics-flow.ts'
import type { TimingRules, Voice } from '../../src/transcribe/timing-rules.ts'
import { until } from '../support/wait.ts'

const SECONDS = 30
/** A window of these rules; every line lasts as long. */
const WINDOW_MS = 10_000
const GRID = { strideSamples: SAMPLE_RATE, inputOffsetSamples: 0, inputSamples: SAMPLE_RATE, tailSamples: 0 }
const MODEL = 's-1'

type FakeVoice = Voice & { ms: number }

/** A text of one word a line, which has a time if it is given. */
function lyricsOf(
  words: readonly string[],
  times: readonly (number | null)[] = [],
  source: LyricsSource = 'pasted',
): Lyrics {
  const lines = words.map((text, index) => {
    const startMs = times[index] ?? null
    const endMs = startMs === null ? null : startMs + 500
    const word: LyricsWord = { text, startMs, endMs, syllables: null, reading: null, isConfirmed: false }
    return { words: [word], startMs, endMs, singer: null, isDoubtful: false }
  })
  return { language: null, source, isDraft: source === 'transcription', lines }
}

/** Simple rules: a window each ten seconds, a group for each line. A word that was heard is the line with the same text. */
const RULES: TimingRules<FakeVoice> = {
  newVoice: () => ({
    ms: 0,
    push(samples) {
      this.ms += samples.length / 16
    },
  }),
  windows({ ms }, isWhole) {
    const count = isWhole ? Math.ceil(ms / WINDOW_MS) : Math.floor(ms / WINDOW_MS)
    return Array.from({ length: count }, (_, i) => ({
      startMs: i * WINDOW_MS,
      endMs: Math.min(ms, (i + 1) * WINDOW_MS),
    }))
  },
  match(text, heard) {
    const words = text.lines.map(textOfLine)
    const times = words.map((word) => heard.find((each) => each.text === word)?.startMs ?? null)
    return { guess: lyricsOf(words, times), fits: times.some((time) => time !== null) }
  },
  groups: (guess, untilMs) =>
    guess.lines.flatMap((line, index) => {
      const range = { startMs: line.startMs ?? 0, endMs: (line.startMs ?? 0) + 1_000 }
      return range.endMs <= untilMs ? [{ range, first: index, last: index, words: [textOfLine(line)] }] : []
    }),
  join(guess, aligned) {
    const times = guess.lines.map(({ startMs }) => startMs)
    for (const { group, result } of aligned) times[group.first] = group.range.startMs + (result.words[0]?.startMs ?? 0)
    return lyricsOf(guess.lines.map(textOfLine), times)
  },
  transcript: (heard) =>
    lyricsOf(
      heard.map(({ text }) => text),
      heard.map(({ startMs }) => startMs),
      'transcription',
    ),
}

describe('The work on the lyrics of a song', () => {
  let folder: string
  let db: Database
  let feed: LedgerFeed
  let songId: number
  let flow: LyricsFlow
  let inUse: LyricsInUse
  /** Whether each saved text was a new version. */
  let saved: boolean[]
  /** Of each word that is heard or placed. */
  let probability: number

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-lyrics-flow-'))
    feed = new LedgerFeed((error) => assert.fail(String(error)))
    db = new Database(join(folder, 'ledger.sqlite'), { onCommit: (changes) => feed.deliver(changes) })
    inUse = { lyrics: null, revision: 0 }
    saved = []
    probability = 1
    flow = newFlow('ask')
    feed.subscribe((changes) => flow.note(changes))
    songId = await newSong()
  })
  afterEach(async () => {
    await flow.close()
    db.close()
    await rm(folder, { recursive: true })
  })

  function newFlow(mode: 'auto' | 'ask' | 'off'): LyricsFlow {
    return new LyricsFlow({
      db,
      folders: { root: folder },
      log: pino({ level: 'silent' }),
      mode,
      rules: RULES as unknown as TimingRules,
      toMono: (stereo) => new Float32Array((stereo.length / CHANNELS) * (16_000 / SAMPLE_RATE)),
      speechModel: () => ({ id: MODEL }),
      lyricsInUse: () => inUse,
      saveLyrics({ lyrics, revision, version }) {
        if (revision !== inUse.revision) return null
        inUse = { lyrics, revision: revision + 1 }
        saved.push(version === null)
        return { version: 1, revision: inUse.revision }
      },
      transientFaultOf: () => null,
      whenChecked: () => Promise.resolve(),
    })
  }

  /** A decoded song in separation, whose voice is on the disk although no block is final. */
  async function newSong(stems = ['vocals', 'rest']): Promise<number> {
    const plan = { modelId: 'm-1', grid: GRID, stems, rest: 'rest', needsWholeSong: false }
    const about = {
      fileName: 'a.wav',
      title: 'a',
      band: '',
      album: '',
      model: 'm',
      announcedSeconds: null,
      cover: null,
    }
    const { id, tracks } = addSong(db, { ...about, plan })
    const folders = { root: folder }
    await mkdir(songFolder(folders, id), { recursive: true })
    const sound = Buffer.alloc(44 + SECONDS * SAMPLE_RATE * 4)
    for (const track of tracks) await writeFile(stemPath(folders, { songId: id, trackId: track.id }), sound)
    finishDecoding(db, {
      songId: id,
      samples: SECONDS * SAMPLE_RATE,
      statistics: { mean: 0, deviation: 1 },
      warnings: [],
    })
    addJobs(db, { songId: id, segments: SECONDS })
    requestMix(db, { songId: id, tracks: [tracks[0]?.id ?? 0] })
    return id
  }

  /** Makes the blocks of these seconds final. */
  function separate(from: number, to: number): void {
    for (const { id: jobId } of jobsOfSong(db, songId).slice(from, to)) markBlockFinal(db, { jobId, sha256: 'x' })
  }

  const waiting = () => waitingLyricsJobs(db, { modelId: MODEL, listened: [], limit: 99 })
  const tasks = () => waiting().flatMap(({ id }) => lyricsTaskOf(db, id) ?? [])
  const hasTasks = (count: number) => until(`${count} jobs wait`, () => waiting().length === count)

  /** Does the first waiting job. */
  function finish(...words: [text: string, startMs: number][]): void {
    const [job] = waiting()
    assert.ok(job)
    const attempt = claimJob(db, { jobId: job.id, worker: 'w', delivery: `${job.id}` })
    const heard = words.map(([text, startMs]) => ({ text, startMs, endMs: startMs + 500, probability }))
    const result: LyricsTaskResult = { language: 'en', words: heard }
    assert.ok(acceptLyricsResult(db, { attempt, result, sha256: 'x', seconds: 1 }))
  }

  /** The lines in use with the times of their words. */
  const shown = () => inUse.lyrics?.lines.map((line) => `${textOfLine(line)} ${line.words[0]?.startMs}`)

  test('is transcribed window by window while the song is separated, and saved as one version that grows', async () => {
    flow.request(songId, { kind: 'transcribe', language: 'en' })
    assert.deepEqual(lyricsWorkOf(db, songId), {
      kind: 'transcribe',
      state: 'waiting',
      done: 0,
      total: 0,
      reason: null,
    })
    separate(0, 12)
    await hasTasks(1)
    finish(['one', 100])
    await until('the first word is shown', () => shown()?.join() === 'one 100')
    assert.equal(lyricsWorkOf(db, songId)?.state, 'running')
    separate(12, SECONDS)
    await hasTasks(2)
    finish(['two', 200])
    await until('the second word is shown', () => shown()?.length === 2)
    finish(['three', 300])
    await until('the work has ended', () => lyricsWorkOf(db, songId) === null)
    assert.deepEqual(shown(), ['one 100', 'two 10200', 'three 20300'])
    assert.deepEqual([inUse.lyrics?.isDraft, saved], [true, [true, false, false]])
  })

  test('hears windows one after the other until one of them tells the language', async () => {
    flow.request(songId, { kind: 'transcribe', language: null })
    separate(0, SECONDS)
    await hasTasks(1)
    finish(['la', 0])
    await hasTasks(1)
    assert.equal(tasks()[0]?.task.language, null, 'one word tells nothing')
    finish(...['a', 'b', 'c', 'd', 'e', 'f'].map((text, i): [string, number] => [text, i]))
    await hasTasks(1)
    assert.deepEqual([tasks()[0]?.position, tasks()[0]?.task.language], [2, 'en'])
  })

  test('places a text without times: it is matched with what was heard, then aligned', async () => {
    inUse = { lyrics: lyricsOf(['one', 'two', 'three']), revision: 4 }
    flow.request(songId, { kind: 'align', language: 'en' })
    separate(0, SECONDS)
    await hasTasks(3)
    finish(['one', 100], ['one', 700], ['one', 900])
    await setTimeout(50)
    assert.equal(saved.length, 0, 'one line may have been heard by chance')
    finish(['two', 200])
    finish(['three', 300])
    await until('its groups are aligned', () => tasks().every(({ step }) => step === 'align') && tasks().length === 3)
    assert.deepEqual(tasks()[1]?.task, { kind: 'align', language: 'en', words: ['two'] })
    for (let line = 0; line < 3; line++) finish(['', 50])
    await until('the work has ended', () => lyricsWorkOf(db, songId) === null)
    assert.deepEqual(shown(), ['one 150', 'two 10250', 'three 20350'])
  })

  test('shows the lines up to the last one that was heard, and gives the others no times yet', async () => {
    const words = ['a', 'b', 'c', 'd', 'e']
    inUse = { lyrics: lyricsOf(words), revision: 1 }
    flow.request(songId, { kind: 'align', language: 'en' })
    separate(0, SECONDS)
    await hasTasks(3)
    finish(['a', 100], ['b', 200], ['d', 400])
    await until('the first lines have times', () => shown()?.join() === 'a 100,b 200,c null,d 400,e null')
  })

  test('says that the lines of another song do not fit, after all of them were looked for', async () => {
    const words = Array.from({ length: 12 }, (_, index) => `word ${index}`)
    inUse = {
      lyrics: withLineTimes(
        words,
        words.map((_, index) => 2_000 * index),
      ),
      revision: 1,
    }
    flow.request(songId, { kind: 'align', language: 'en' })
    separate(0, SECONDS)
    await hasTasks(12)
    probability = 0.05
    for (const word of words) finish([word, 0])
    await until('it has failed', () => /does not fit/.test(lyricsWorkOf(db, songId)?.reason ?? ''))
    assert.deepEqual(saved, [], 'nothing was placed')
  })

  test('places a text with line times without hearing it first', async () => {
    inUse = { lyrics: withLineTimes(['one', 'two'], [1_000, 15_000]), revision: 1 }
    flow.request(songId, { kind: 'align', language: null })
    separate(0, 10)
    await hasTasks(1)
    assert.deepEqual(tasks()[0]?.range, { startSample: SAMPLE_RATE, samples: SAMPLE_RATE })
    finish(['one', 20])
    separate(10, SECONDS)
    await hasTasks(1)
    finish(['two', 30])
    await until('the work has ended', () => lyricsWorkOf(db, songId) === null)
    assert.deepEqual(shown(), ['one 1020', 'two 15030'])
  })

  test('looks for words that should come after the end of the song in its last second', async () => {
    inUse = { lyrics: withLineTimes(['one', 'two'], [29_500, 90_000]), revision: 1 }
    flow.request(songId, { kind: 'align', language: null })
    separate(0, SECONDS)
    await hasTasks(2)
    const range = { startSample: 29 * SAMPLE_RATE, samples: SAMPLE_RATE }
    assert.deepEqual(
      tasks().map((task) => task.range),
      [range, range],
    )
  })

  test('says that a text does not fit, and can be asked for again', async () => {
    inUse = { lyrics: lyricsOf(['another']), revision: 1 }
    flow.request(songId, { kind: 'align', language: 'en' })
    separate(0, SECONDS)
    await hasTasks(3)
    for (const word of ['one', 'two', 'three']) finish([word, 0])
    await until('it has failed', () => lyricsWorkOf(db, songId)?.state === 'failed')
    assert.match(lyricsWorkOf(db, songId)?.reason ?? '', /does not fit/)
    assert.equal(getSong(db, songId)?.state, 'separating', 'the song goes on')
    flow.request(songId, { kind: 'align', language: 'en' })
    await hasTasks(3)
  })

  test('says that no voice was found in an instrumental', async () => {
    flow.request(songId, { kind: 'transcribe', language: 'en' })
    separate(0, SECONDS)
    await hasTasks(3)
    for (let window = 0; window < 3; window++) finish()
    await until('it has failed', () => /No voice was found/.test(lyricsWorkOf(db, songId)?.reason ?? ''))
  })

  test('ends without a word when somebody has changed the lyrics meanwhile', async () => {
    flow.request(songId, { kind: 'transcribe', language: 'en' })
    separate(0, 12)
    await hasTasks(1)
    inUse = { lyrics: lyricsOf(['mine']), revision: 7 }
    finish(['one', 100])
    await until('the work has ended', () => lyricsWorkOf(db, songId) === null)
    assert.deepEqual(shown(), ['mine null'])
  })

  test('goes on after a restart with the same jobs', async () => {
    flow.request(songId, { kind: 'transcribe', language: 'en' })
    separate(0, 22)
    await hasTasks(2)
    const before = tasks()
    await flow.close()
    finish(['one', 100])
    flow = newFlow('ask')
    flow.resumeAll()
    await until('the first word is shown', () => shown()?.join() === 'one 100')
    separate(22, SECONDS)
    await hasTasks(2)
    assert.deepEqual(tasks()[0], before[1])
  })

  test('begins by itself with LYRICS=auto, for a song without a text and for a text without times', async () => {
    await flow.close()
    flow = newFlow('auto')
    const id = await newSong()
    assert.equal(lyricsWorkOf(db, id)?.kind, 'transcribe')
    inUse = { lyrics: lyricsOf(['one']), revision: 1 }
    assert.equal(lyricsWorkOf(db, await newSong())?.kind, 'align')
    assert.equal(lyricsWorkOf(db, await newSong(['drums', 'rest'])), null, 'there is no voice to hear')
    inUse = { lyrics: null, revision: 1 }
    assert.equal(lyricsWorkOf(db, await newSong()), null, 'somebody uses no lyrics')
  })

  test('is refused in words where it cannot be done', async () => {
    assert.throws(() => flow.request(songId, { kind: 'align', language: null }), { code: 'no-text' })
    assert.throws(() => flow.request(999, { kind: 'transcribe', language: null }), { code: 'music-not-found' })
    const instrumental = await newSong(['drums', 'rest'])
    assert.throws(() => flow.request(instrumental, { kind: 'transcribe', language: null }), /separates no voice/)
    await flow.close()
    flow = newFlow('off')
    assert.throws(() => flow.request(songId, { kind: 'transcribe', language: null }), { code: 'lyrics-off' })
    await setImmediate()
    assert.equal(lyricsWorkOf(db, songId), null)
  })
})

function withLineTimes(words: readonly string[], times: readonly number[]): Lyrics {
  const lyrics = lyricsOf(words)
  return { ...lyrics, lines: lyrics.lines.map((line, index) => ({ ...line, startMs: times[index] ?? null })) }
}
