import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { textOfLine } from '../../../../src/song/lyrics.ts'
import type { EditorSession, OpenForm } from './editor-session.ts'
import { insertLine, setSinger } from './edits/change-lines.ts'
import { retypeLine } from './edits/retype-line.ts'
import { splitWord } from './edits/split-and-join-words.ts'
import { wordAt } from './edits/word-place.ts'
import { splitsOf } from './edits/words-of-text.ts'
import { focusSelected } from './focus-selected.ts'

/** The small form in the row of the selected line. It gives the focus back to the word when it closes. */
export function LineForm({ session, form }: { session: EditorSession; form: Exclude<OpenForm, null> }) {
  const { edit } = session
  const { line } = edit.selected.value
  const { lines } = edit.lyrics.value
  const close = () => closeForm(session)
  switch (form) {
    case 'split-word':
      return <SplitWord session={session} onClose={close} />
    case 'retype':
      return (
        <TextForm
          label="Text of the line"
          initial={lines[line] ? textOfLine(lines[line]) : ''}
          onClose={close}
          onSubmit={(text) => edit.change('line retyped', (lyrics) => retypeLine(lyrics, line, text))}
        />
      )
    case 'insert':
    case 'insertAbove':
      return (
        <TextForm
          label="Text of the new line"
          initial=""
          onClose={close}
          onSubmit={(text) => {
            const before = edit.lyrics.peek()
            const at = form === 'insert' && before.lines.length > 0 ? line + 1 : line
            edit.change('new line', (lyrics) => insertLine(lyrics, at, text))
            if (edit.lyrics.peek() !== before) edit.selected.value = { line: at, word: 0 }
          }}
        />
      )
    case 'singer':
      return (
        <TextForm
          label="Who sings the line (empty: everybody)"
          initial={lines[line]?.singer ?? ''}
          list="editor-singers"
          onClose={close}
          onSubmit={(name) => edit.change('singer', (lyrics) => setSinger(lyrics, line, name))}
        >
          <datalist id="editor-singers">
            {[...new Set(lines.flatMap(({ singer }) => singer ?? []))].map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </TextForm>
      )
  }
}

export function closeForm({ edit, view }: EditorSession): void {
  view.form.value = null
  focusSelected(edit.selected.peek())
}

function TextForm({
  label,
  initial,
  list,
  onSubmit,
  onClose,
  children,
}: {
  label: string
  initial: string
  list?: string
  onSubmit(text: string): void
  onClose(): void
  children?: ComponentChildren
}) {
  const input = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => {
    input.current?.focus()
    input.current?.select()
  }, [])
  return (
    <form
      class="line-form"
      onSubmit={(event) => {
        event.preventDefault()
        onSubmit(input.current?.value ?? '')
        onClose()
      }}
    >
      <label>
        <span class="small soft">{label}</span>
        <input ref={input} type="text" dir="auto" maxLength={1_000} defaultValue={initial} list={list} />
      </label>
      {children}
      <button type="submit" class="primary">
        Done
      </button>
      <button type="button" onClick={onClose}>
        Cancel
      </button>
    </form>
  )
}

function SplitWord({ session, onClose }: { session: EditorSession; onClose(): void }) {
  const { edit } = session
  const place = edit.selected.value
  const first = useRef<HTMLButtonElement>(null)
  useLayoutEffect(() => first.current?.focus(), [])
  const text = wordAt(edit.lyrics.value, place)?.text.trim() ?? ''
  const splits = splitsOf(text)
  return (
    <fieldset class="line-form" aria-label={`Where to split “${text}”`}>
      {splits.length === 0 ? <span class="small">“{text}” has one letter only.</span> : null}
      {splits.map((at, index) => (
        <button
          key={at}
          type="button"
          dir="auto"
          ref={index === 0 ? first : null}
          onClick={() => {
            edit.change('word split', (lyrics) => splitWord(lyrics, place, at))
            onClose()
          }}
        >
          {text.slice(0, at)}
          <span aria-hidden="true"> | </span>
          <span class="unseen"> and </span>
          {text.slice(at)}
        </button>
      ))}
      <button type="button" ref={splits.length === 0 ? first : null} onClick={onClose}>
        Cancel
      </button>
    </fieldset>
  )
}
