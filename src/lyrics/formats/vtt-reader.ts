import { UserError } from '../../song/errors.ts'
import type { LyricsLine } from '../../song/lyrics.ts'
import { refuseTooMany } from '../refuse-too-many.ts'
import { type Piece, wordsOfPieces } from '../words-of-pieces.ts'
import { withoutReferences } from './character-references.ts'
import { withoutMusicMarks } from './srt-reader.ts'
import { type Cue, subtitleCues, subtitleTime } from './subtitle-cues.ts'
import { languageOf, newLine, type ReaderOptions, type TextOfFile, untimedWords } from './text-of-file.ts'

/** A cue without an end lasts so long. */
const OPEN_CUE_MS = 5_000

/** @property atMs null before the first time inside the cue */
type Segment = { atMs: number | null; text: string }
type Voice = { singer: string | null; segments: Segment[] }

/**
 * WebVTT (W3C): `<00:01.000>` inside a cue times the words behind it, `<v Name>` names the singer, `<ruby>` and `<rt>` are
 * readings. Other markup is left out. Two voices in a cue are two lines.
 */
export function readVtt(text: string, { language: chosen }: ReaderOptions): TextOfFile {
  const cues = subtitleCues(text)
  if (cues.length === 0) throw new UserError('No line of this WebVTT file has times.', { code: 'bad-lyrics' })
  const header = /^Language:\s{0,20}([\w-]{2,20})/im.exec(text.slice(0, 1_000))
  const language = languageOf({ chosen, declared: header?.[1] ?? null, text })
  return {
    language,
    lines: cues.flatMap((cue) => voicesOf(cue.lines.join(' ')).map((voice) => lineOf(voice, cue, language))),
  }
}

function lineOf({ singer, segments }: Voice, { startMs, endMs }: Cue, language: string | null): LyricsLine {
  if (segments.length === 1) {
    const text = withoutMusicMarks(segments[0]?.text ?? '')
    return newLine({ words: untimedWords(text, language), startMs, endMs, singer })
  }
  const pieces = segments.map(({ atMs, text }, index): Piece => {
    const start = atMs ?? startMs
    return { text, startMs: start, endMs: segments[index + 1]?.atMs ?? endMs ?? start + OPEN_CUE_MS }
  })
  return newLine({ words: wordsOfPieces(pieces), startMs, endMs, singer })
}

function voicesOf(text: string): Voice[] {
  const voices: Voice[] = [{ singer: null, segments: [{ atMs: null, text: '' }] }]
  for (const [token, content] of text.matchAll(/<([^<>]*)>|[^<]+|</g)) {
    const voice = voices.at(-1)
    if (content === undefined) {
      const last = voice?.segments.at(-1)
      if (last) last.text += withoutReferences(token)
      continue
    }
    const atMs = subtitleTime(content)
    const name = /^v(?:\.\S+)?\s+(.+)$/.exec(content)?.[1]
    refuseTooMany({ lines: voices.length })
    if (atMs !== null) voice?.segments.push({ atMs, text: '' })
    else if (name !== undefined) {
      voices.push({ singer: withoutReferences(name), segments: [{ atMs: null, text: '' }] })
    } else addRuby(content.trim(), voice?.segments.at(-1))
  }
  return voices.filter(({ segments }) => segments.some((segment) => segment.text.trim() !== ''))
}

/** The marks that `ruby.ts` reads. */
const RUBY_MARKS: Readonly<Record<string, string>> = { ruby: '{', rt: '|', '/ruby': '}' }

function addRuby(tag: string, segment: Segment | undefined): void {
  if (segment) segment.text += RUBY_MARKS[tag] ?? ''
}
