import { type ReadonlySignal, useComputed } from '@preact/signals'
import type { LyricsWord } from '../../../../src/song/lyrics.ts'
import { EditorIcon } from './editor-icon.tsx'
import type { EditorSession } from './editor-session.ts'
import { isConfirmed } from './edits/change-lines.ts'
import { formatTime } from './format-time.ts'
import { LineForm } from './line-form.tsx'
import { LineTools } from './line-tools.tsx'

/** A line with its words. The selected line has its tools below it. */
export function LineRow({
  session,
  index,
  sung,
}: {
  session: EditorSession
  index: number
  /** The word that is sung now, as "line.word". */
  sung: ReadonlySignal<string>
}) {
  const { edit, view, tapping } = session
  const line = useComputed(() => edit.lyrics.value.lines[index])
  const selected = useComputed(() => (edit.selected.value.line === index ? edit.selected.value.word : -1))
  const next = useComputed(() => {
    const at = tapping.next.value
    return at?.line === index ? at.word : -1
  })
  const sungWord = useComputed(() => {
    const [at, word] = sung.value.split('.')
    return Number(at) === index && sung.value !== '' ? Number(word) : -1
  })
  if (!line.value) return null
  const { words, startMs, singer, isDoubtful } = line.value
  const isSelected = selected.value >= 0
  return (
    <li class="line-row" data-selected={isSelected ? '' : undefined} data-doubtful={isDoubtful ? '' : undefined}>
      <div class="line-head">
        <span class="numbers soft small">{startMs === null ? 'no time' : formatTime(startMs)}</span>
        {singer === null ? null : (
          <span class="line-mark small" dir="auto">
            {singer}
          </span>
        )}
        {isDoubtful ? (
          <span class="line-mark doubtful small">
            <EditorIcon name="warning" /> Check
          </span>
        ) : null}
        {isConfirmed(line.value) ? (
          <span class="line-mark confirmed small">
            <EditorIcon name="check" /> Confirmed
          </span>
        ) : null}
      </div>
      <div class="line-words" dir="auto" lang={edit.lyrics.value.language ?? undefined}>
        {words.map((word, place) => (
          <button
            key={place}
            type="button"
            class="word-chip"
            tabIndex={selected.value === place ? 0 : -1}
            data-word={`${index}.${place}`}
            data-untimed={word.startMs === null ? '' : undefined}
            data-confirmed={word.isConfirmed ? '' : undefined}
            data-sung={sungWord.value === place ? '' : undefined}
            data-next={next.value === place ? '' : undefined}
            aria-current={selected.value === place ? 'true' : undefined}
            onClick={() => {
              edit.selected.value = { line: index, word: place }
            }}
          >
            <WordText word={word} />
          </button>
        ))}
      </div>
      {isSelected && tapping.next.value === null ? (
        view.form.value === null ? (
          <LineTools session={session} />
        ) : (
          <LineForm key={view.form.value} session={session} form={view.form.value} />
        )
      ) : null}
    </li>
  )
}

function WordText({ word: { text, reading, startMs } }: { word: LyricsWord }) {
  const shown = text.trim()
  return (
    <>
      {reading === null ? (
        shown
      ) : (
        <ruby>
          {shown}
          <rt>{reading}</rt>
        </ruby>
      )}
      {startMs === null ? <span class="unseen">, no time</span> : null}
    </>
  )
}
