import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readLrc } from '../../../src/lyrics/formats/lrc-reader.ts'
import { lyricsFromText } from '../../../src/lyrics/formats/read-lyrics.ts'
import type { ReadableFormat } from '../../../src/lyrics/formats/recognise-format.ts'
import { UserError } from '../../../src/song/errors.ts'
import { PARTS_OF_FILES } from '../some-lyrics.ts'

const OPENINGS: Record<ReadableFormat, string> = {
  lrc: '[00:01.00]',
  srt: '1\n00:00:01,000 --> 00:00:02,000\n',
  vtt: 'WEBVTT\n\n00:01.000 --> 00:02.000\n',
  ttml: '<tt><body><p begin="1s">',
  ultrastar: '#BPM:100\n: 1 2 3 a\n',
  txt: '',
}
const CHARACTERS = 500_000
/** A reader whose time grows with the square takes minutes. */
const MAX_READ_SECONDS = 3

/** Seconds of processor time, whether the text is read or refused. */
function secondsOf(read: () => unknown): number {
  const before = process.cpuUsage()
  try {
    read()
  } catch (error) {
    assert.ok(error instanceof UserError, String((error as Error).stack))
  }
  return process.cpuUsage(before).user / 1e6
}

describe('reading a long file of words', () => {
  for (const [format, opening] of Object.entries(OPENINGS)) {
    test(`takes no longer than its length asks for: ${format}`, () => {
      for (const part of PARTS_OF_FILES) {
        const text = opening + part.repeat(CHARACTERS / part.length)
        const seconds = secondsOf(() => lyricsFromText(text, { format: format as ReadableFormat }))
        assert.ok(seconds < MAX_READ_SECONDS, `${JSON.stringify(part)} took ${seconds} s`)
      }
    })
  }

  for (const part of ['a', 'hello ', '<00:01.00>hello ', '[00:01.00]', '[']) {
    test(`takes at most 0.3 s for one line of LRC of 2.6 MB that repeats ${JSON.stringify(part)}`, () => {
      const text = `[00:01.00]${part.repeat(2_600_000 / part.length)}`
      const seconds = secondsOf(() => readLrc(text, { language: null }))
      assert.ok(seconds < 0.3, `${seconds} s`)
    })
  }
})
