import type { Lyrics, LyricsLine } from '../../song/lyrics.ts'
import { textWithReadings } from '../ruby.ts'

/** A line without an end is shown until the next one, and so long at most. */
const MAX_OPEN_LINE_MS = 5_000

/** SRT with line times. A line without a time belongs to the cue before it. SRT has no singers, words in time or languages. */
export function writeSrt({ lines }: Lyrics): string {
  const cues: { line: LyricsLine; texts: string[] }[] = []
  for (const line of lines) {
    const text = textWithReadings(line.words).replaceAll('-->', '->')
    if (line.startMs === null) cues.at(-1)?.texts.push(text)
    else cues.push({ line, texts: [text] })
  }
  return cues
    .map(({ line, texts }, index) => {
      const startMs = line.startMs ?? 0
      const nextMs = cues[index + 1]?.line.startMs ?? Number.POSITIVE_INFINITY
      const open = startMs + MAX_OPEN_LINE_MS
      const endMs = line.endMs ?? (nextMs > startMs ? Math.min(nextMs, open) : open)
      return `${index + 1}\n${time(startMs)} --> ${time(endMs)}\n${texts.join('\n')}\n`
    })
    .join('\n')
}

function time(timeMs: number): string {
  const pad = (number: number, digits = 2) => String(Math.floor(number)).padStart(digits, '0')
  return `${pad(timeMs / 3_600_000)}:${pad((timeMs / 60_000) % 60)}:${pad((timeMs / 1_000) % 60)},${pad(timeMs % 1_000, 3)}`
}
