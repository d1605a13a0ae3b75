import { useComputed, useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { Lyrics } from '../../../../src/song/lyrics.ts'
import type { EditorSession } from './editor-session.ts'
import type { WordPlace } from './edits/word-place.ts'
import { LineForm } from './line-form.tsx'
import { LineRow } from './line-row.tsx'
import { performEdit } from './perform-edit.ts'
import { useFrame } from './use-frame.ts'

/** The text: one row for each line. The word that is sung now is marked. */
export function LineList({ session }: { session: EditorSession }) {
  const { edit, player } = session
  const count = useComputed(() => edit.lyrics.value.lines.length)
  const sung = useSignal<string>('')
  const lastLine = useRef(-1)
  useFrame(() => {
    const place = sungAt(edit.lyrics.peek(), player.positionMs())
    if (place && place.line !== lastLine.current && player.isPlaying.peek()) showLine(place)
    lastLine.current = place?.line ?? -1
    sung.value = place ? `${place.line}.${place.word}` : ''
  })
  if (count.value === 0)
    return (
      <div class="line-list-empty">
        <p class="soft">There are no lines.</p>
        {session.view.form.value === 'insert' ? (
          <LineForm session={session} form="insert" />
        ) : (
          <button type="button" title="N" onClick={() => performEdit(session, 'insert')}>
            Write the first line
          </button>
        )}
      </div>
    )
  return (
    <ol class="line-list" aria-label="Lines">
      {Array.from({ length: count.value }, (_, index) => (
        <LineRow key={index} session={session} index={index} sung={sung} />
      ))}
    </ol>
  )
}

function showLine({ line, word }: WordPlace): void {
  document.querySelector(`.lyrics-editor [data-word="${line}.${word}"]`)?.scrollIntoView({ block: 'nearest' })
}

function sungAt({ lines }: Lyrics, ms: number): WordPlace | null {
  for (const [line, { words, startMs, endMs }] of lines.entries()) {
    if (startMs === null || startMs > ms || (endMs ?? Number.POSITIVE_INFINITY) < ms) continue
    const word = words.findLastIndex((each) => each.startMs !== null && each.startMs <= ms)
    if (word >= 0 && ms <= (words[word]?.endMs ?? ms)) return { line, word }
  }
  return null
}
