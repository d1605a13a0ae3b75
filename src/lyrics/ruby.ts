/** A part of a text, and what is written above it. */
export type RubyChunk = { text: string; reading: string | null }

const KANA = String.raw`[\p{Script=Hiragana}\p{Script=Katakana}ー・ ]{1,40}`
const KANJI = String.raw`[\p{Script=Han}々〆ヶ]{1,20}`
/**
 * The ways to write a reading in plain text: 漢字(かんじ), 漢字（かんじ）, 漢字《かんじ》 for the kanji directly before; ｜お茶《おちゃ》
 * and {お茶|おちゃ} for a base that says where it begins. Every part has a largest length, so that the search is linear.
 */
const RUBY = new RegExp(
  [
    String.raw`[|｜](?<marked>[^|｜《》\s]{1,40})《(?<markedReading>${KANA})》`,
    String.raw`\{(?<braced>[^{}|]{1,200})\|(?<bracedReading>[^{}|]{1,200})\}`,
    String.raw`(?<kanji>${KANJI})(?:\((?<half>${KANA})\)|（(?<full>${KANA})）|《(?<double>${KANA})》)`,
  ].join('|'),
  'gu',
)

/** The parts of a text in their order. Their texts joined are the text without its readings. */
export function rubyChunks(text: string): RubyChunk[] {
  if (!/[(（《{]/.test(text) || !/\p{Script=Han}/u.test(text)) return [{ text, reading: null }]
  const chunks: RubyChunk[] = []
  let end = 0
  for (const match of text.matchAll(RUBY)) {
    const { marked, markedReading, braced, bracedReading, kanji, half, full, double } = match.groups ?? {}
    const base = marked ?? braced ?? kanji ?? ''
    const reading = markedReading ?? bracedReading ?? half ?? full ?? double ?? ''
    if (!/\p{Script=Han}/u.test(base) || base !== base.trim() || reading.trim() === '') continue
    if (match.index > end) chunks.push({ text: text.slice(end, match.index), reading: null })
    chunks.push({ text: base, reading: reading.trim() })
    end = match.index + match[0].length
  }
  if (end < text.length || chunks.length === 0) chunks.push({ text: text.slice(end), reading: null })
  return chunks
}

const ONLY_KANJI = new RegExp(`^${KANJI}$`, 'u')
const ENDS_WITH_KANJI = new RegExp(`[${KANJI.slice(1, KANJI.indexOf(']'))}|｜]$`, 'u')
const ONLY_KANA = new RegExp(`^${KANA}$`, 'u')
const MARKS_AROUND = /^([^\p{L}\p{N}]*)(.*?)([^\p{L}\p{N}]*)$/su

/**
 * Words as a plain text, with their readings so that `rubyChunks` finds them: as 漢字(かんじ) where that is clear, or as
 * {お茶|おちゃ}. A reading above a text without kanji is left out.
 */
export function textWithReadings(words: readonly RubyChunk[]): string {
  let text = ''
  for (const word of words) text += withReading(word, text.slice(-2))
  return text
}

function withReading({ text, reading }: RubyChunk, before: string): string {
  const [, opening = '', base = '', marks = ''] = MARKS_AROUND.exec(text) ?? []
  if (reading === null || !/\p{Script=Han}/u.test(base) || /[{}|｜]/u.test(base + reading)) return text
  const isClear = ONLY_KANJI.test(base) && ONLY_KANA.test(reading) && !ENDS_WITH_KANJI.test(before + opening)
  return `${opening}${isClear ? `${base}(${reading})` : `{${base}|${reading}}`}${marks}`
}
