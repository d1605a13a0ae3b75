import { type ReadonlySignal, useComputed } from '@preact/signals'
import { textOfLine } from '../../../../src/song/lyrics.ts'
import type { EditorSession } from './editor-session.ts'
import { timesAt } from './edits/place-word.ts'
import { isSamePlace, type WordPlace } from './edits/word-place.ts'
import { formatTime } from './format-time.ts'
import type { LaneWindow } from './lane-window.ts'

/** Blocks are drawn for this much more than the window, in steps of the same length, so that they seldom change. */
const AROUND_MS = 6_000

type Block = {
  place: WordPlace
  text: string
  startMs: number
  endMs: number
  isOfLine: boolean
  isConfirmed: boolean
  isDoubtful: boolean
}

/** The words with times as blocks, around what the lane shows. */
export function WordBlocks({
  session,
  shown,
  pixelsPerMs,
}: {
  session: EditorSession
  shown: ReadonlySignal<LaneWindow>
  pixelsPerMs: ReadonlySignal<number>
}) {
  const { edit, player } = session
  const around = useComputed(() => Math.floor(shown.value.startMs / AROUND_MS))
  const length = useComputed(() => shown.value.lengthMs)
  const blocks = useComputed(() => {
    const startMs = (around.value - 1) * AROUND_MS
    return blocksBetween(session, startMs, startMs + length.value + 3 * AROUND_MS)
  })
  const [scale, selected, durationMs] = [pixelsPerMs.value, edit.selected.value, Math.round(player.durationMs())]
  const isSelected = (place: WordPlace, isOfLine: boolean) =>
    isOfLine ? place.line === selected.line : isSamePlace(place, selected)
  return (
    <>
      {blocks.value.map(({ place, text, startMs, endMs, isOfLine, isConfirmed, isDoubtful }) => (
        <div
          key={`${place.line}.${place.word}`}
          class="word-block"
          role="slider"
          tabIndex={isSelected(place, isOfLine) ? 0 : -1}
          aria-label={text}
          aria-valuemin={0}
          aria-valuemax={Math.max(durationMs, startMs)}
          aria-valuenow={startMs}
          aria-valuetext={`${formatTime(startMs)} to ${formatTime(endMs)}`}
          data-block={`${place.line}.${place.word}`}
          data-selected={isSelected(place, isOfLine) ? '' : undefined}
          data-line={isOfLine ? '' : undefined}
          data-confirmed={isConfirmed ? '' : undefined}
          data-doubtful={isDoubtful ? '' : undefined}
          data-row={place.line % 2}
          style={{
            left: `${startMs * scale}px`,
            width: `${Math.max(4, (endMs - startMs) * scale)}px`,
          }}
        >
          <span dir="auto">{text}</span>
        </div>
      ))}
    </>
  )
}

function blocksBetween({ edit }: EditorSession, fromMs: number, toMs: number): Block[] {
  const lyrics = edit.lyrics.value
  return lyrics.lines.flatMap((line, index) => {
    const { words, isDoubtful } = line
    const hasTimedWords = words.some(({ startMs }) => startMs !== null)
    // A line of which only the line has times is one block, that of its first word.
    return (hasTimedWords ? words : words.slice(0, 1)).flatMap((each, word) => {
      const place = { line: index, word }
      const times = timesAt(lyrics, place)
      if (!times || times.startMs > toMs || times.endMs < fromMs) return []
      const text = times.isOfLine ? textOfLine(line) : each.text.trim()
      return [{ ...times, place, text, isConfirmed: each.isConfirmed, isDoubtful }]
    })
  })
}
