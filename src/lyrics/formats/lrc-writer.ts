import type { Lyrics, LyricsLine, LyricsWord } from '../../song/lyrics.ts'
import { textWithReadings } from '../ruby.ts'

/**
 * LRC with hundredths of a second, which every player reads: line times, or word and syllable times too (enhanced). A line
 * without text ends a line before a pause. LRC has no singers and no ends of lines that overlap.
 */
export function writeLrc({ language, lines }: Lyrics, { isEnhanced }: { isEnhanced: boolean }): string {
  const tag = language === null ? '' : `[la:${language}]\n`
  const rows = lines.flatMap((line, index) => {
    const text = isEnhanced && isTimed(line) ? enhancedText(line) : textWithReadings(line.words)
    const row = line.startMs === null ? text : `[${stamp(line.startMs)}]${text}`
    return [row, ...pauseAfter(line, { next: lines[index + 1], isEnhanced })]
  })
  return `${tag}${rows.join('\n')}\n`
}

function isTimed({ words }: LyricsLine): boolean {
  return words.some(({ startMs }) => startMs !== null)
}

function enhancedText({ words }: LyricsLine): string {
  let text = ''
  let lastMs: number | null = null
  for (const word of words) {
    const { startMs, endMs } = word
    if (startMs !== null && lastMs !== null && stamp(startMs) !== stamp(lastMs)) text += `<${stamp(lastMs)}>`
    text += wordText(word)
    lastMs = startMs === null ? lastMs : endMs
  }
  return lastMs === null ? text : `${text}<${stamp(lastMs)}>`
}

function wordText(word: LyricsWord): string {
  if (word.startMs === null) return textWithReadings([word])
  if (word.syllables === null || word.reading !== null) return `<${stamp(word.startMs)}>${textWithReadings([word])}`
  return word.syllables.reduce((before, { text, startMs }, index, all) => {
    const last = all[index - 1]
    const pause = last && stamp(last.endMs) !== stamp(startMs) ? `<${stamp(last.endMs)}>` : ''
    return `${before}${pause}<${stamp(startMs)}>${text}`
  }, '')
}

function pauseAfter(
  line: LyricsLine,
  { next, isEnhanced }: { next: LyricsLine | undefined; isEnhanced: boolean },
): string[] {
  const { endMs } = line
  if (endMs === null || (next && (next.startMs === null || stamp(next.startMs) <= stamp(endMs)))) return []
  const wordsEndMs = isEnhanced ? line.words.findLast((word) => word.endMs !== null)?.endMs : null
  return wordsEndMs === endMs ? [] : [`[${stamp(endMs)}]`]
}

function stamp(timeMs: number): string {
  const hundredths = Math.round(timeMs / 10)
  const minutes = Math.floor(hundredths / 6_000)
  const seconds = Math.floor(hundredths / 100) % 60
  return `${pad(minutes)}:${pad(seconds)}.${pad(hundredths % 100)}`
}

function pad(number: number): string {
  return String(number).padStart(2, '0')
}
