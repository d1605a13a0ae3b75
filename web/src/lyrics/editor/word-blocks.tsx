import { type ReadonlySignal, useComputed } from '@preact/signals'
import type { LyricsWord } from '../../../../src/song/lyrics.ts'
import type { EditorSession } from './editor-session.ts'
import { isSamePlace, type WordPlace } from './edits/word-place.ts'
import { formatTime } from './format-time.ts'
import type { LaneWindow } from './lane-window.ts'

/** Blocks are drawn for this much more than the window, in steps of the same length, so that they seldom change. */
const AROUND_MS = 6_000

type Block = { place: WordPlace; word: LyricsWord; startMs: number; endMs: number | null; isDoubtful: boolean }

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
  return (
    <>
      {blocks.value.map(({ place, word, startMs, endMs, isDoubtful }) => (
        <div
          key={`${place.line}.${place.word}`}
          class="word-block"
          role="slider"
          tabIndex={isSamePlace(place, selected) ? 0 : -1}
          aria-label={word.text.trim()}
          aria-valuemin={0}
          aria-valuemax={Math.max(durationMs, startMs)}
          aria-valuenow={startMs}
          aria-valuetext={endMs === null ? formatTime(startMs) : `${formatTime(startMs)} to ${formatTime(endMs)}`}
          data-block={`${place.line}.${place.word}`}
          data-selected={isSamePlace(place, selected) ? '' : undefined}
          data-confirmed={word.isConfirmed ? '' : undefined}
          data-doubtful={isDoubtful ? '' : undefined}
          data-row={place.line % 2}
          style={{
            left: `${startMs * scale}px`,
            width: `${Math.max(4, ((endMs ?? startMs + 120) - startMs) * scale)}px`,
          }}
        >
          <span dir="auto">{word.text.trim()}</span>
        </div>
      ))}
    </>
  )
}

function blocksBetween({ edit }: EditorSession, fromMs: number, toMs: number): Block[] {
  return edit.lyrics.value.lines.flatMap(({ words, isDoubtful }, line) =>
    words.flatMap((word, index) => {
      const { startMs, endMs } = word
      if (startMs === null || startMs > toMs || (endMs ?? startMs) < fromMs) return []
      return [{ place: { line, word: index }, word, startMs, endMs, isDoubtful }]
    }),
  )
}
