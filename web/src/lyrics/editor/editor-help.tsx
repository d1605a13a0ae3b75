import { useSignal } from '@preact/signals'
import { EDITOR_KEYS } from './editor-keys.ts'
import type { EditorSession } from './editor-session.ts'

/** The keys in one line; all of them when help is asked for. */
export function EditorHelp({ session: { view } }: { session: EditorSession }) {
  if (!view.isHelpShown.value)
    return (
      <p class="editor-help-line soft small">
        <kbd>Space</kbd> play or tap <kbd>T</kbd> tap mode <kbd>← → ↑ ↓</kbd> choose a word <kbd>V</kbd> to the
        waveform: arrows move the word <kbd>Ctrl Z</kbd> undo <kbd>?</kbd> all keys
      </p>
    )
  return (
    <dl class="editor-help small" aria-label="Keys of the editor">
      {EDITOR_KEYS.map(({ keys, label }) => (
        <div key={`${keys} ${label}`}>
          <dt>
            <kbd>{keys}</kbd>
          </dt>
          <dd>{label}</dd>
        </div>
      ))}
    </dl>
  )
}

/** What a person should know before going on: restored changes, and a text that only the model has heard. */
export function EditorNote({ session: { edit } }: { session: EditorSession }) {
  const isRestoredShown = useSignal(edit.isRestored)
  const { isDraft } = edit.lyrics.value
  return (
    <div class="editor-notes">
      {isRestoredShown.value && edit.isUnsaved.value ? (
        <p class="small editor-note" role="status">
          Your unsaved changes are back.{' '}
          <button type="button" class="small" onClick={() => edit.discard()}>
            Discard them
          </button>
          <button
            type="button"
            class="small"
            onClick={() => {
              isRestoredShown.value = false
            }}
          >
            Keep them
          </button>
        </p>
      ) : null}
      {isDraft ? (
        <p class="small editor-note">
          A draft: a model has heard these words.{' '}
          <button
            type="button"
            class="small"
            onClick={() => edit.change('text checked', (lyrics) => ({ ...lyrics, isDraft: false }))}
          >
            The text is right now
          </button>
        </p>
      ) : null}
    </div>
  )
}
