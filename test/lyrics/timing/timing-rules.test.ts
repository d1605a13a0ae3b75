import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ATTENTION_LEAD_MS } from '../../../src/lyrics/timing/guess-times.ts'
import { matchWords, spellingOf } from '../../../src/lyrics/timing/match-words.ts'
import { madeRising, risingPart } from '../../../src/lyrics/timing/rising.ts'
import { timeLyrics } from '../../../src/lyrics/timing/time-lyrics.ts'
import { timingRules } from '../../../src/lyrics/timing/timing-rules.ts'
import type { Lyrics } from '../../../src/song/lyrics.ts'
import {
  type LyricsTask,
  type LyricsTaskResult,
  MAX_TASK_SECONDS,
  TASK_SAMPLE_RATE,
} from '../../../src/song/lyrics-task.ts'
import { wordsOf } from '../../support/words.ts'

const TEXT = 'green bottles hanging\non the wooden wall\nand if one should\naccidentally fall'
/** Every word of the text is sung for 500 ms, from 10 s on. */
const FIRST_MS = 10_000
const WORD_MS = 500
const heardOf = (text: string) =>
  text.split(/\s+/).map((word, index) => {
    const startMs = FIRST_MS + index * WORD_MS
    return { text: `${word} `, startMs, endMs: startMs + WORD_MS, probability: 0.9 }
  })
const voice = Float32Array.from({ length: 30 * TASK_SAMPLE_RATE }, (_, i) => {
  const ms = (1_000 * i) / TASK_SAMPLE_RATE
  return ms >= FIRST_MS && ms < FIRST_MS + 13 * WORD_MS ? 0.3 * Math.sin(i * 0.1) : 0
})
const levels = timingRules.newVoice()
levels.push(voice)
const startsOf = ({ lines }: Lyrics) => lines.flatMap(({ words }) => words.map(({ startMs }) => startMs))

/** Answers tasks as a network would that hears the text perfectly, with a lead as the attention has it. */
function singer(text: string) {
  const asked: LyricsTask[] = []
  const run = async (task: LyricsTask, samples: Float32Array): Promise<LyricsTaskResult> => {
    asked.push(task)
    const offsetMs = (samples.byteOffset / 4 / TASK_SAMPLE_RATE) * 1_000
    const words = heardOf(text).map((word) => ({
      ...word,
      startMs: Math.max(0, Math.round(word.startMs - offsetMs - ATTENTION_LEAD_MS)),
      endMs: Math.max(0, Math.round(word.endMs - offsetMs - ATTENTION_LEAD_MS)),
    }))
    if (task.kind === 'transcribe') return { language: 'en', words }
    const from = words.findIndex(({ text: word }) => word.trim() === task.words[0]?.trim())
    return { language: 'en', words: words.slice(from, from + task.words.length) }
  }
  return { run, asked }
}

describe('matching a text with what was heard', () => {
  test('finds each word in its order, passes over what was not heard, and forgives a wrong letter', () => {
    const spelled = (text: string) => text.split(' ').map(spellingOf)
    const matches = matchWords(
      spelled('Green bottles hanging on the wall'),
      spelled('uh green bottle hanging, the wall'),
    )
    assert.deepEqual(
      matches?.map(({ text, heard }) => [text, heard]),
      [
        [0, 1],
        [1, 2],
        [2, 3],
        [4, 4],
        [5, 5],
      ],
    )
  })

  test('is refused for a text that is too long to compare', () => {
    const many = Array.from({ length: 10_000 }, () => 'la')
    assert.equal(matchWords(many, many), null)
  })
})

describe('times that rise', () => {
  test('are kept, and the others are taken from a line between them', () => {
    assert.deepEqual(risingPart([1, 2, 9, 3, 4]), [0, 1, 3, 4])
    assert.deepEqual(madeRising([1, 2, 9, 4, 5]), [1, 2, 3, 4, 5])
  })

  test('never fall afterwards', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 60 }), (times) => {
        const made = madeRising(times)
        assert.equal(made.length, times.length)
        assert.ok(made.every((time, i) => i === 0 || time >= (made[i - 1] ?? 0)))
      }),
    )
  })
})

describe('the rules of timing', () => {
  test('guess the times of words that were not heard from the singing between those that were', () => {
    const heard = heardOf(TEXT).filter(({ text }) => text !== 'the ')
    const { guess, fits } = timingRules.match(wordsOf(TEXT), heard, levels)
    assert.ok(fits)
    const expected = heardOf(TEXT).map(({ startMs }) => startMs + ATTENTION_LEAD_MS)
    for (const [i, startMs] of startsOf(guess).entries())
      assert.ok(Math.abs((startMs ?? 0) - (expected[i] ?? 0)) < 350, `word ${i} at ${startMs}`)
  })

  test('say that the text of another song does not fit', () => {
    const other = 'twinkle twinkle little star\nhow i wonder what you are\nup above the world so high'
    assert.equal(timingRules.match(wordsOf(other), heardOf(TEXT), levels).fits, false)
  })

  test('group lines to what a worker can hear at once', () => {
    const lines = [...Array(40).keys()].map((line) => ({ ...wordsOf('a few words').lines[0], startMs: line * 4_000 }))
    const groups = timingRules.groups({ ...wordsOf(''), lines: lines as Lyrics['lines'] }, Number.POSITIVE_INFINITY)
    assert.deepEqual([groups[0]?.first, groups.at(-1)?.last], [0, 39])
    for (const [i, { range, first, words, last }] of groups.entries()) {
      assert.ok(range.endMs - range.startMs <= MAX_TASK_SECONDS * 1_000)
      assert.equal(words.length, 3 * (last - first + 1))
      if (i > 0) assert.equal(first, (groups[i - 1]?.last ?? 0) + 1)
    }
  })

  test('keep the line times of a text that has them, and keep its words inside their lines', () => {
    const lines = wordsOf(TEXT).lines.map((line, i) => ({ ...line, startMs: FIRST_MS + i * 1_500 }))
    const guess: Lyrics = { ...wordsOf(TEXT), lines }
    const [group] = timingRules.groups(guess, Number.POSITIVE_INFINITY)
    assert.ok(group)
    const lost = { text: 'x', startMs: 29_000, endMs: 29_000, probability: 0 }
    const joined = timingRules.join(guess, [{ group, result: { language: 'en', words: group.words.map(() => lost) } }])
    for (const [i, line] of joined.lines.entries()) {
      assert.equal(line.startMs, lines[i]?.startMs)
      const next = lines[i + 1]?.startMs ?? Number.POSITIVE_INFINITY
      assert.ok(line.words.every(({ startMs }) => (startMs ?? 0) <= next))
    }
  })

  test('mark the lines in which guess and alignment differ, and only those', () => {
    const { guess } = timingRules.match(wordsOf(TEXT), heardOf(TEXT), levels)
    const [group] = timingRules.groups(guess, Number.POSITIVE_INFINITY)
    assert.ok(group)
    const words = heardOf(TEXT).map((word, i) => {
      const off = i < 3 ? 400 : 0
      return {
        ...word,
        startMs: word.startMs - group.range.startMs + off,
        endMs: word.endMs - group.range.startMs + off,
      }
    })
    const { lines } = timingRules.join(guess, [{ group, result: { language: 'en', words } }])
    assert.deepEqual(
      lines.map(({ isDoubtful }) => isDoubtful),
      [true, false, false, false],
    )
  })

  test('make lines of what was heard: at pauses, at the ends of sentences, and when they are long', () => {
    const word = (text: string, startMs: number) => ({ text, startMs, endMs: startMs + 200, probability: 1 })
    const heard = [word('One ', 0), word('two. ', 250), word('Three ', 500), word('four ', 3_000)]
    const { lines, isDraft, source } = timingRules.transcript(heard, 'en')
    assert.deepEqual(
      lines.map(({ words }) => words.map(({ text }) => text).join('')),
      ['One two.', 'Three', 'four'],
    )
    assert.deepEqual([isDraft, source], [true, 'transcription'])
  })
})

describe('placing a text in a voice', () => {
  test('hears the voice, then aligns the lines, and gives every word the time at which it is sung', async () => {
    const { run, asked } = singer(TEXT)
    const { lyrics, fits } = await timeLyrics({ lyrics: wordsOf(TEXT), language: null, voice, run })
    assert.ok(fits)
    assert.deepEqual(
      startsOf(lyrics),
      heardOf(TEXT).map(({ startMs }) => startMs),
    )
    assert.deepEqual(
      asked.map(({ kind, language }) => [kind, language]),
      [
        ['transcribe', null],
        ['align', 'en'],
      ],
    )
  })

  test('keeps the times of words that a person has confirmed', async () => {
    const text = wordsOf(TEXT)
    const [first] = text.lines
    assert.ok(first)
    const words = first.words.map((word, i) =>
      i === 1 ? { ...word, startMs: 10_444, endMs: 10_666, isConfirmed: true } : word,
    )
    const lines = [{ ...first, words }, ...text.lines.slice(1)]
    const { lyrics } = await timeLyrics({ lyrics: { ...text, lines }, language: 'en', voice, run: singer(TEXT).run })
    const { startMs, endMs } = lyrics.lines[0]?.words[1] ?? {}
    assert.deepEqual([startMs, endMs], [10_444, 10_666])
  })

  test('writes down what is sung if there is no text', async () => {
    const { lyrics } = await timeLyrics({ lyrics: null, language: null, voice, run: singer(TEXT).run })
    assert.equal(lyrics.language, 'en')
    assert.equal(lyrics.lines.flatMap(({ words }) => words).length, 13)
  })
})
