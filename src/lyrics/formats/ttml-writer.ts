import type { Lyrics, LyricsLine, LyricsSyllable, LyricsWord } from '../../song/lyrics.ts'
import { UNSPACED } from '../words-of-text.ts'

/**
 * TTML as players of lyrics read it: `<p>` for a line, `<span>` for a word, spans that touch for syllables, `ttm:agent` for
 * singers, ruby for readings. Where spans that touch would be read as one word, or syllables as several, spans stand inside a
 * span. It holds all but the marks of words and lines.
 */
export function writeTtml({ language, lines }: Lyrics): string {
  const singers = [...new Set(lines.flatMap(({ singer }) => singer ?? []))]
  const agents = singers.map((singer, index) => {
    const name = `<ttm:name type="full">${escaped(singer)}</ttm:name>`
    return `      <ttm:agent type="person" xml:id="v${index + 1}">${name}</ttm:agent>\n`
  })
  const head = agents.length === 0 ? '' : `  <head>\n    <metadata>\n${agents.join('')}    </metadata>\n  </head>\n`
  const body = lines.map((line) => `      ${paragraph(line, singers)}\n`).join('')
  const namespaces = ['', ':ttm', ':tts'].map((prefix, index) => {
    return `xmlns${prefix}="http://www.w3.org/ns/ttml${['', '#metadata', '#styling'][index]}"`
  })
  const lang = language === null ? '' : ` xml:lang="${language}"`
  return `<?xml version="1.0" encoding="UTF-8"?>
<tt ${namespaces.join(' ')}${lang}>
${head}  <body>
    <div>
${body}    </div>
  </body>
</tt>
`
}

function paragraph(line: LyricsLine, singers: readonly string[]): string {
  const agent = line.singer === null ? '' : ` ttm:agent="v${singers.indexOf(line.singer) + 1}"`
  const words = line.words.map((word, index) => {
    const space = word.text.slice(word.text.trimEnd().length)
    return span(withoutSpace(word, space.length), { isAlone: isAlone(line.words, index) }) + space
  })
  return `<p${times(line)}${agent}>${words.join('')}</p>`
}

/** Whether white space or the line's ends stand around a word, so that touching spans are its syllables. */
function isAlone(words: readonly LyricsWord[], index: number): boolean {
  const text = words[index]?.text ?? ''
  const before = words[index - 1]?.text ?? ' '
  return before.endsWith(' ') && (text.endsWith(' ') || index === words.length - 1) && !UNSPACED.test(text)
}

function span(word: LyricsWord, { isAlone }: { isAlone: boolean }): string {
  const { text, syllables, reading } = word
  if (reading !== null) {
    const ruby = `<span tts:ruby="base">${escaped(text)}</span><span tts:ruby="text">${escaped(reading)}</span>`
    return `<span tts:ruby="container"${times(word)}>${ruby}</span>`
  }
  if (word.startMs === null) return escaped(text)
  if (syllables === null) {
    const isClear = isAlone || UNSPACED.test(text)
    return `<span${times(word)}>${isClear ? escaped(text) : syllableSpan({ text, startMs: word.startMs, endMs: word.endMs ?? word.startMs })}</span>`
  }
  const spans = syllables.map(syllableSpan).join('')
  return isAlone && !syllables.some(({ text: part }) => part.includes(' '))
    ? spans
    : `<span${times(word)}>${spans}</span>`
}

function syllableSpan(syllable: LyricsSyllable): string {
  return `<span${times(syllable)}>${escaped(syllable.text)}</span>`
}

function withoutSpace(word: LyricsWord, characters: number): LyricsWord {
  if (characters === 0) return word
  const syllables = word.syllables?.map((syllable, index, all) => {
    return index === all.length - 1 ? { ...syllable, text: syllable.text.trimEnd() } : syllable
  })
  return { ...word, text: word.text.trimEnd(), syllables: syllables?.filter(({ text }) => text !== '') ?? null }
}

function times({ startMs, endMs }: { startMs: number | null; endMs: number | null }): string {
  const begin = startMs === null ? '' : ` begin="${clock(startMs)}"`
  return endMs === null ? begin : `${begin} end="${clock(endMs)}"`
}

function clock(timeMs: number): string {
  const pad = (number: number, digits = 2) => String(Math.floor(number)).padStart(digits, '0')
  return `${pad(timeMs / 3_600_000)}:${pad((timeMs / 60_000) % 60)}:${pad((timeMs / 1_000) % 60)}.${pad(timeMs % 1_000, 3)}`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
