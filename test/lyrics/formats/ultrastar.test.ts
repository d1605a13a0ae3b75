import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { lyricsFromText, readLyrics } from '../../../src/lyrics/formats/read-lyrics.ts'
import { type Lyrics, textOfLine } from '../../../src/song/lyrics.ts'

/** At 300 BPM as written a beat lasts 50 ms. */
const chart = (notes: string, headers = '') => `#TITLE:a\n#ARTIST:b\n#BPM:300\n#GAP:1000\n${headers}${notes}\nE\n`
const wordsOf = ({ lines }: Lyrics) =>
  lines.flatMap(({ words }) => words.map(({ text, startMs, endMs }) => [text, startMs, endMs]))

describe('an UltraStar file', () => {
  test('has notes for syllables, and words between spaces', () => {
    const lyrics = lyricsFromText(
      chart(': 0 4 1 Hel\n* 4 4 1 lo\nF 10 2 1  big \nR 12 2 1 world\n- 15\nG 20 2 1 again', '#LANGUAGE:Englisch\n'),
    )
    assert.equal(lyrics.language, 'en')
    assert.deepEqual(lyrics.lines.map(textOfLine), ['Hello big world', 'again'])
    assert.deepEqual(wordsOf(lyrics), [
      ['Hello ', 1_000, 1_400],
      ['big ', 1_500, 1_600],
      ['world', 1_600, 1_700],
      ['again', 2_000, 2_100],
    ])
    assert.deepEqual(lyrics.lines[0]?.words[0]?.syllables, [
      { text: 'Hel', startMs: 1_000, endMs: 1_200 },
      { text: 'lo ', startMs: 1_200, endMs: 1_400 },
    ])
  })

  test('holds a syllable with ~, which may carry the rest of the word or a mark', () => {
    const lyrics = lyricsFromText(chart(': 0 2 1 lo\n: 2 2 1 ~ve\n: 5 5 2 ~\n: 20 2 1  you\n: 22 4 1 ~?'))
    assert.deepEqual(wordsOf(lyrics), [
      ['love ', 1_000, 1_500],
      ['you?', 2_000, 2_300],
    ])
  })

  test('may hold a syllable over the end of a line', () => {
    const lyrics = lyricsFromText(chart(': 0 2 1 oh\n- 3\n: 4 6 1 ~\n: 20 2 1 yes'))
    assert.deepEqual(wordsOf(lyrics), [
      ['oh', 1_000, 1_500],
      ['yes', 2_000, 2_100],
    ])
  })

  test('names the singers of a duet', () => {
    const notes = 'P1\n: 0 2 1 I\n- 3\n: 20 2 1 me\nP2\n: 10 2 1 you\nP3\n: 30 2 1 we'
    const lyrics = lyricsFromText(chart(notes, '#DUETSINGERP1:Ann\n'))
    assert.deepEqual(
      lyrics.lines.map((line) => [line.singer, textOfLine(line)]),
      [
        ['Ann', 'I'],
        ['P2', 'you'],
        ['Ann', 'me'],
        [null, 'we'],
      ],
    )
  })

  test('may count beats from the beginning of each line', () => {
    const lyrics = lyricsFromText(chart(': 0 2 1 one\n- 4 10\n: 0 2 1 two\n- 3 10\n: 1 2 1 three', '#RELATIVE:YES\n'))
    assert.deepEqual(
      lyrics.lines.map(({ startMs }) => startMs),
      [1_000, 1_500, 2_050],
    )
  })

  test('may change its tempo', () => {
    const lyrics = lyricsFromText(chart(': 0 2 1 one\nB 10 150\n: 12 2 1  two'))
    assert.deepEqual(
      wordsOf(lyrics).map(([, startMs]) => startMs),
      [1_000, 1_700],
    )
  })

  test('may write numbers with a comma, and texts in windows-1252 or another code page that it names', () => {
    const text = '#TITLE:a\n#BPM:300,0\n#GAP:1000,5\n: 0 2 1 Märchen\n'
    assert.deepEqual(wordsOf(readLyrics(Buffer.from(text, 'latin1'))), [['Märchen', 1_001, 1_101]])
    const polish = Buffer.from('#ENCODING:CP1250\n#BPM:300\n#TITLE:a\n: 0 2 1 \xb3za\n', 'latin1')
    assert.equal(wordsOf(readLyrics(polish))[0]?.[0], 'łza')
  })

  test('without a tempo is refused', () => {
    assert.throws(() => lyricsFromText('#TITLE:a\n#BPM:0\n: 0 2 1 one\n'), { code: 'bad-lyrics', message: /#BPM/ })
  })
})
