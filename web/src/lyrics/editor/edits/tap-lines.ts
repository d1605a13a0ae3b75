import type { Lyrics } from '../../../../../src/song/lyrics.ts'
import { MIN_WORD_MS } from './neighbours.ts'
import { shiftedLine, stretchedLine } from './scale-times.ts'
import { changeLine, spanOfLine } from './word-place.ts'

/** A key that is held for less says only where a line begins. */
const SHORT_TAP_MS = 500

/**
 * The line begins now, and its words keep their places in it. The line before it ends here at the latest. Lines after it move
 * as far as they would overlap it.
 */
export function tapLine(lyrics: Lyrics, line: number, ms: number): Lyrics {
  const tapped = lyrics.lines[line]
  if (!tapped) return lyrics
  const [before, span] = [lineBeside(lyrics, line, -1), spanOfLine(tapped)]
  const startMs = Math.max(Math.round(ms), before === null ? 0 : before.startMs + MIN_WORD_MS)
  const moved = changeLine(lyrics, line, (each) => {
    return { ...(span ? shiftedLine(each, startMs - span.startMs) : each), startMs }
  })
  const cut = before === null ? moved : endLine(moved, before.line, startMs)
  return makeRoom(cut, line)
}

/** The key of the tapped line was let go: the line ends now. After a short tap its end stays. */
export function endTappedLine(lyrics: Lyrics, line: number, ms: number): Lyrics {
  const span = lyrics.lines[line] && spanOfLine(lyrics.lines[line])
  if (!span || ms - span.startMs < SHORT_TAP_MS) return lyrics
  const to = { startMs: span.startMs, endMs: Math.round(ms) }
  return makeRoom(
    changeLine(lyrics, line, (each) => stretchedLine({ ...each, ...span }, to)),
    line,
  )
}

/** Ends a line at a time if it ends later, or if its end is unknown. */
function endLine(lyrics: Lyrics, line: number, ms: number): Lyrics {
  return changeLine(lyrics, line, (each) => {
    const span = spanOfLine(each)
    if (!span || (each.endMs !== null && span.endMs <= ms)) return each
    if (span.endMs <= ms) return { ...each, endMs: ms }
    return stretchedLine({ ...each, ...span }, { startMs: span.startMs, endMs: ms })
  })
}

/** Moves the lines after one, each as little as it takes, so that none begins before the one before it ends. */
function makeRoom(lyrics: Lyrics, from: number): Lyrics {
  let [roomy, line] = [lyrics, from]
  for (let next = lineBeside(roomy, line, 1); next !== null; next = lineBeside(roomy, line, 1)) {
    const before = roomy.lines[line]
    const overlapMs = ((before && spanOfLine(before)?.endMs) ?? 0) - next.startMs
    if (overlapMs <= 0) return roomy
    roomy = changeLine(roomy, next.line, (each) => shiftedLine(each, overlapMs))
    line = next.line
  }
  return roomy
}

/** The next line with times of the same singer, in one direction. */
function lineBeside({ lines }: Lyrics, from: number, step: 1 | -1): { line: number; startMs: number } | null {
  for (let line = from + step; line >= 0 && line < lines.length; line += step) {
    const each = lines[line]
    const span = each && each.singer === lines[from]?.singer ? spanOfLine(each) : null
    if (span) return { line, startMs: span.startMs }
  }
  return null
}
