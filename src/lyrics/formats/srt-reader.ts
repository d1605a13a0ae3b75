import { UserError } from '../../song/errors.ts'
import { subtitleCues } from './subtitle-cues.ts'
import { languageOf, newLine, type ReaderOptions, type TextOfFile, untimedWords } from './text-of-file.ts'

/** Formatting that players know. Anything else between angle brackets is text. */
const TAGS = /<\/?(?:b|i|u|s|font|c)(?:[ .][^<>]{0,200})?>|\{\\[^{}]{0,200}\}|\{\/?[biu]\}/gi
const MUSIC_MARKS = '♪♫♬ '

/** SRT: a cue is a line of the song; the lines of its text are joined, because they are broken to fit a screen. */
export function readSrt(text: string, { language: chosen }: ReaderOptions): TextOfFile {
  const cues = subtitleCues(text)
  if (cues.length === 0) throw new UserError('No line of this SRT file has times.', { code: 'bad-lyrics' })
  const language = languageOf({ chosen, declared: null, text })
  const lines = cues.map(({ startMs, endMs, lines }) => {
    const line = lines.join(' ').replace(TAGS, '')
    return newLine({ words: untimedWords(withoutMusicMarks(line), language), startMs, endMs })
  })
  return { language, lines }
}

/** ♪ around a line only says that it is sung. */
export function withoutMusicMarks(text: string): string {
  const characters = text.trim()
  let start = 0
  let end = characters.length
  while (start < end && MUSIC_MARKS.includes(characters[start] ?? '')) start++
  while (end > start && MUSIC_MARKS.includes(characters[end - 1] ?? '')) end--
  return characters.slice(start, end)
}
