import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { lyricsFromText } from '../../../src/lyrics/formats/read-lyrics.ts'
import { type Lyrics, textOfLine } from '../../../src/song/lyrics.ts'

const wordsOf = ({ lines }: Lyrics) =>
  lines.flatMap(({ words }) => words.map(({ text, startMs, endMs }) => [text, startMs, endMs]))
const document = (body: string, attributes = '') =>
  `<?xml version="1.0"?><tt xmlns="http://www.w3.org/ns/ttml" ${attributes}>${body}</tt>`

describe('a TTML file', () => {
  test('as lyrics are written has words, syllables, singers and voices in the background', () => {
    const lyrics = lyricsFromText(
      document(
        `<head><metadata><ttm:agent type="person" xml:id="v1"><ttm:name type="full">Ann</ttm:name></ttm:agent>
        <ttm:agent type="person" xml:id="v2"/></metadata></head>
        <body dur="3:20.000"><div begin="10.000" end="20.000">
        <p begin="10.000" end="12.500" ttm:agent="v1"><span begin="10.000" end="10.400">Hel</span><span begin="10.400" end="11.000">lo</span> <span begin="11.000" end="11.900">there</span><span ttm:role="x-bg"> <span begin="12.000" end="12.400">(ooh)</span></span><span ttm:role="x-translation" xml:lang="de">Hallo</span></p>
        <p begin="13.000" end="14.000" ttm:agent="v2">Only a line</p></div></body>`,
        'xml:lang="en-US" xmlns:ttm="http://www.w3.org/ns/ttml#metadata"',
      ),
    )
    assert.equal(lyrics.language, 'en-US')
    assert.deepEqual(
      lyrics.lines.map((line) => [line.singer, line.startMs, line.endMs, textOfLine(line)]),
      [
        ['Ann', 10_000, 12_500, 'Hello there'],
        ['Ann', 12_000, 12_400, '(ooh)'],
        ['v2', 13_000, 14_000, 'Only a line'],
      ],
    )
    assert.deepEqual(
      lyrics.lines[0]?.words[0]?.syllables?.map(({ text }) => text),
      ['Hel', 'lo '],
    )
  })

  test('may count the times of words from the beginning of their line', () => {
    const body =
      '<body><div><p begin="00:01:00.000" dur="3s"><span begin="0.5s" dur="500ms">one</span> <span begin="1s" end="2s">two</span></p></div></body>'
    assert.deepEqual(wordsOf(lyricsFromText(document(body))), [
      ['one ', 60_500, 61_000],
      ['two', 61_000, 62_000],
    ])
  })

  test('may count in frames, ticks, minutes and hours', () => {
    const lines = ['00:00:01:15', '90f', '50000t', '0.1m', '0.01h'].map((begin) => `<p begin="${begin}">a</p>`)
    const lyrics = lyricsFromText(document(`<body>${lines.join('')}</body>`, 'ttp:frameRate="30" ttp:tickRate="10000"'))
    assert.deepEqual(
      lyrics.lines.map(({ startMs }) => startMs),
      [1_500, 3_000, 5_000, 6_000, 36_000],
    )
  })

  test('has readings as ruby', () => {
    const ruby =
      '<span tts:ruby="container" begin="1s" end="2s"><span tts:ruby="base">漢字</span><span tts:ruby="text">かんじ</span></span>'
    const { lines } = lyricsFromText(
      document(`<body><p begin="1s">${ruby}<span begin="2s" end="3s">を</span></p></body>`),
    )
    assert.deepEqual(
      lines[0]?.words.map((word) => [word.text, word.reading, word.startMs]),
      [
        ['漢字', 'かんじ', 1_000],
        ['を', null, 2_000],
      ],
    )
  })

  test('with one singer without a name has no singers', () => {
    const { lines } = lyricsFromText(
      document('<body><p begin="1s" ttm:agent="v1">a</p><p begin="2s" ttm:agent="v1">b</p></body>'),
    )
    assert.deepEqual(
      lines.map(({ singer }) => singer),
      [null, null],
    )
  })

  test('with a document type or entities of its own is refused', () => {
    const bomb = '<!DOCTYPE tt [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><tt><body><p begin="1s">&b;</p></body></tt>'
    const outside = '<?xml version="1.0"?><!DOCTYPE tt SYSTEM "file:///etc/passwd"><tt><body><p>a</p></body></tt>'
    for (const text of [bomb, outside, '<tt><!ENTITY a "b"><body/></tt>', '<tt><body><p>&a;</p></body></tt>']) {
      assert.throws(() => lyricsFromText(text), { code: 'bad-lyrics', message: /document type|entit/ }, text)
    }
  })

  test('that is broken is refused in words', () => {
    const deep = `<tt><body>${'<div>'.repeat(10_000)}`
    for (const text of [
      '<tt',
      '<tt><body>',
      '<tt><p></body></tt>',
      '<tt><p begin=1s>a</p></tt>',
      '<tt><![CDATA[</tt>',
      deep,
    ]) {
      assert.throws(() => lyricsFromText(text, { format: 'ttml' }), { code: 'bad-lyrics' }, text.slice(0, 40))
    }
    assert.throws(() => lyricsFromText('<html><body>a</body></html>', { format: 'ttml' }), /root is not <tt>/)
  })
})
