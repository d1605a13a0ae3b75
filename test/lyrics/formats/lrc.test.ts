import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { lyricsFromText, readLyrics } from '../../../src/lyrics/formats/read-lyrics.ts'
import { writeLyrics } from '../../../src/lyrics/formats/write-lyrics.ts'
import type { Lyrics } from '../../../src/song/lyrics.ts'
import { textOfLine } from '../../../src/song/lyrics.ts'

const linesOf = ({ lines }: Lyrics) => lines.map((line) => [line.startMs, textOfLine(line)])
const wordsOf = ({ lines }: Lyrics) =>
  lines.flatMap(({ words }) => words.map(({ text, startMs, endMs }) => [text, startMs, endMs]))

describe('an LRC file', () => {
  test('has times with one to three digits, or none, behind a point, a comma or a colon', () => {
    const text =
      '[00:01.5]one\n[00:02.25]two\n[0:03.125]three\n[00:04]four\n[00:05:50]five\n[00:06,7]six\n[100:00.00]seven'
    assert.deepEqual(linesOf(lyricsFromText(text)), [
      [1_500, 'one'],
      [2_250, 'two'],
      [3_125, 'three'],
      [4_000, 'four'],
      [5_500, 'five'],
      [6_700, 'six'],
      [6_000_000, 'seven'],
    ])
  })

  test('has hours where three numbers stand before the point', () => {
    assert.deepEqual(linesOf(lyricsFromText('[01:02:03.45]late')), [[3_723_450, 'late']])
  })

  test('repeats a line at each of its stamps, in the order of time', () => {
    assert.deepEqual(linesOf(lyricsFromText('[00:10.00] [00:30.00]Chorus\n[00:20.00]Verse')), [
      [10_000, 'Chorus'],
      [20_000, 'Verse'],
      [30_000, 'Chorus'],
    ])
  })

  test('moves the words of a repeated line with it', () => {
    const lyrics = lyricsFromText('[00:10.00][00:30.00]<00:10.00>la <00:11.00>lo<00:12.00>')
    assert.deepEqual(wordsOf(lyrics).slice(2), [
      ['la ', 30_000, 31_000],
      ['lo', 31_000, 32_000],
    ])
  })

  test('with a positive offset is sung earlier, but not before the beginning', () => {
    assert.deepEqual(linesOf(lyricsFromText('[offset:+500]\n[00:00.20]one\n[00:02.00]two')), [
      [0, 'one'],
      [1_500, 'two'],
    ])
    assert.deepEqual(linesOf(lyricsFromText('[offset: -500]\n[00:02.00]two')), [[2_500, 'two']])
  })

  test('has tags, which are no text, and its language', () => {
    const lyrics = lyricsFromText('[ar:Somebody]\n[ti: A [song]\n[length:03:20]\n[la:sv]\n#\n[00:01.00]the words')
    assert.equal(lyrics.language, 'sv')
    assert.ok(!lyrics.lines.some((line) => /Somebody|03/.test(textOfLine(line))))
  })

  test('ends a line with a stamp without text', () => {
    const { lines } = lyricsFromText('[00:01.00]one\n[00:04.00]\n[00:09.00]two')
    assert.deepEqual(
      lines.map(({ startMs, endMs }) => [startMs, endMs]),
      [
        [1_000, 4_000],
        [9_000, null],
      ],
    )
  })

  test('times words and their syllables in angle brackets', () => {
    const { lines } = lyricsFromText('[00:01.00]<00:01.00>Hel<00:01.50>lo <00:02.00>world<00:02.80>')
    assert.deepEqual(lines[0]?.words[0], {
      text: 'Hello ',
      startMs: 1_000,
      endMs: 2_000,
      syllables: [
        { text: 'Hel', startMs: 1_000, endMs: 1_500 },
        { text: 'lo ', startMs: 1_500, endMs: 2_000 },
      ],
      reading: null,
      isConfirmed: false,
    })
    assert.equal(lines[0]?.endMs, 2_800)
  })

  test('times Japanese words with brackets inside the line', () => {
    assert.deepEqual(wordsOf(lyricsFromText('[00:01:00]君[00:01:40]の[00:01:80]名は[00:03:00]')), [
      ['君', 1_000, 1_400],
      ['の', 1_400, 1_800],
      ['名は', 1_800, 3_000],
    ])
  })

  test('may time several words at once: they share the time by their letters', () => {
    assert.deepEqual(wordsOf(lyricsFromText('[00:01.00]<00:01.00>aaaa bbbb <00:02.00>c<00:03.00>')), [
      ['aaaa ', 1_000, 1_500],
      ['bbbb ', 1_500, 2_000],
      ['c', 2_000, 3_000],
    ])
  })

  test('may have a word that runs backwards: it alone is placed anew, between its neighbours', () => {
    const words = wordsOf(
      lyricsFromText('[00:10.00]<00:10.00>one <00:11.00>two <00:02.00>three <00:13.00>four<00:14.00>'),
    )
    assert.deepEqual(
      words.map(([, startMs]) => startMs),
      [10_000, 11_000, 13_000, 13_000],
    )
  })

  test('names singers with F:, M: and D:, or v1: and v2:', () => {
    const lyrics = lyricsFromText('[00:01.00]F: one\n[00:02.00]two\n[00:03.00]M: three\n[00:04.00]D: four')
    assert.deepEqual(
      lyrics.lines.map((line) => [line.singer, textOfLine(line)]),
      [
        ['F', 'one'],
        ['F', 'two'],
        ['M', 'three'],
        [null, 'four'],
      ],
    )
    assert.equal(textOfLine(lyricsFromText('[00:01.00]M: alone').lines[0] ?? ({ words: [] } as never)), 'M: alone')
  })

  test('may be UTF-8 or UTF-16 with a byte order mark, UTF-16 without one, or windows-1252', () => {
    const text = '[00:01.00]Für Élise'
    const utf16 = Buffer.from(text, 'utf16le')
    const files = [
      Buffer.from(`\ufeff${text}`),
      Buffer.from(`\ufeff${text}`, 'utf16le'),
      utf16,
      utf16.swap16(),
      Buffer.from(text, 'latin1'),
    ]
    for (const file of [files[0], files[1], Buffer.from(text, 'utf16le'), files[3], files[4]]) {
      assert.deepEqual(linesOf(readLyrics(file ?? Buffer.of())), [[1_000, 'Für Élise']])
    }
  })

  test('may have the line ends of any system', () => {
    assert.equal(lyricsFromText('[00:01.00]a\r[00:02.00]b\r\n[00:03.00]c\u2028[00:04.00]d').lines.length, 4)
  })

  test('past the end of the song has no times there, but its words', () => {
    const { lines } = lyricsFromText('[00:01.00]a\n[09:00.00]b', { durationMs: 60_000 })
    assert.deepEqual(
      lines.map(({ startMs }) => startMs),
      [1_000, null],
    )
  })

  test('is written with hundredths, a stamp for a pause, and word times only in enhanced LRC', () => {
    const lyrics = lyricsFromText('[la:en]\n[00:01.00]<00:01.00>Hel<00:01.50>lo <00:02.00>you<00:02.80>\n[01:09.00]two')
    assert.equal(writeLyrics(lyrics, 'lrc'), '[la:en]\n[00:01.00]Hello you\n[00:02.80]\n[01:09.00]two\n')
    assert.equal(
      writeLyrics(lyrics, 'elrc'),
      '[la:en]\n[00:01.00]<00:01.00>Hel<00:01.50>lo <00:02.00>you<00:02.80>\n[01:09.00]two\n',
    )
  })

  test('cannot be written from words without times', () => {
    assert.throws(() => writeLyrics(lyricsFromText('only text'), 'lrc'), { code: 'lyrics-untimed' })
  })
})
