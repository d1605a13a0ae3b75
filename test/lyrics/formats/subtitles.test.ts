import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { lyricsFromText } from '../../../src/lyrics/formats/read-lyrics.ts'
import { writeLyrics } from '../../../src/lyrics/formats/write-lyrics.ts'
import { type Lyrics, textOfLine } from '../../../src/song/lyrics.ts'

const linesOf = ({ lines }: Lyrics) => lines.map((line) => [line.startMs, line.endMs, textOfLine(line)])

describe('an SRT file', () => {
  test('has a line of the song in each cue, whatever its times look like', () => {
    const text =
      '1\r\n00:00:01,500 --> 00:00:03,000\r\nwrapped\r\nline\r\n\r\n2\r\n0:00:04.5 --> 00:00:06\r\nsecond\r\n'
    assert.deepEqual(linesOf(lyricsFromText(text)), [
      [1_500, 3_000, 'wrapped line'],
      [4_500, 6_000, 'second'],
    ])
  })

  test('may lack numbers, blank lines between cues, or an end', () => {
    const text =
      '00:00:01,000 --> 00:00:02,000\none\n2\n00:00:03,000 --> 00:00:04,000\ntwo\n\n3\n00:00:05,000 -->\nthree'
    assert.deepEqual(linesOf(lyricsFromText(text)), [
      [1_000, 2_000, 'one'],
      [3_000, 4_000, 'two'],
      [5_000, null, 'three'],
    ])
  })

  test('loses formatting, positions and the notes around sung lines, but no other markup', () => {
    const text = '1\n00:00:01,000 --> 00:00:02,000\n{\\an8}<i>♪ <font color="#fff">one</font> <3 <b2> ♪</i>\n'
    assert.deepEqual(linesOf(lyricsFromText(text)), [[1_000, 2_000, 'one <3 <b2>']])
  })

  test('may have cues in the wrong order, and one that ends before it begins', () => {
    const text = '1\n00:00:05,000 --> 00:00:02,000\nlate\n\n2\n00:00:01,000 --> 00:00:02,000\nearly\n'
    assert.deepEqual(linesOf(lyricsFromText(text)), [
      [1_000, 2_000, 'early'],
      [5_000, null, 'late'],
    ])
  })

  test('without any times is refused', () => {
    assert.throws(() => lyricsFromText('1\nwords\n', { fileName: 'a.srt' }), { code: 'bad-lyrics' })
  })

  test('is written with an end for every line', () => {
    const lyrics = lyricsFromText('[00:01.00]one --> two\n[00:03.00]three')
    assert.equal(
      writeLyrics(lyrics, 'srt'),
      '1\n00:00:01,000 --> 00:00:03,000\none -> two\n\n2\n00:00:03,000 --> 00:00:08,000\nthree\n',
    )
  })
})

describe('a WebVTT file', () => {
  test('has settings, notes, styles and names, which are no text', () => {
    const text =
      'WEBVTT - title\nLanguage: de\n\nSTYLE\n::cue { color: red }\n\nNOTE\nnothing\nhere\n\nintro\n00:01.000 --> 00:02.000 align:start line:0\n<c.red>Tom &amp; Ann &lt;3</c>\n'
    const lyrics = lyricsFromText(text)
    assert.equal(lyrics.language, 'de')
    assert.deepEqual(linesOf(lyrics), [[1_000, 2_000, 'Tom & Ann <3']])
  })

  test('times words, names voices and gives readings', () => {
    const text =
      'WEBVTT\n\n00:01.000 --> 00:04.000\n<v.loud Ann>one <00:02.000>two\n<v Bo>three\n\n00:05.000 --> 00:06.000\n<ruby>漢字<rt>かんじ</rt></ruby>\n'
    const { lines } = lyricsFromText(text)
    assert.deepEqual(
      lines.map(({ singer }) => singer),
      ['Ann', 'Bo', null],
    )
    assert.deepEqual(
      lines[0]?.words.map((word) => [word.text, word.startMs, word.endMs]),
      [
        ['one ', 1_000, 2_000],
        ['two', 2_000, 4_000],
      ],
    )
    assert.deepEqual(
      lines[2]?.words.map((word) => [word.text, word.reading]),
      [['漢字', 'かんじ']],
    )
  })
})
