import { Icon } from '../../design/icon.tsx'
import type { EditorSession } from './editor-session.ts'
import { performEdit } from './perform-edit.ts'

/** What is edited, whether it is saved, undo and redo. */
export function EditorHead({ session, title }: { session: EditorSession; title: string }) {
  const { edit, saving, view } = session
  const [undone, redone] = [edit.canUndo.value, edit.canRedo.value]
  return (
    <header class="editor-head">
      <h2>
        <span>Words in time</span>{' '}
        <span class="soft" dir="auto">
          {title}
        </span>
      </h2>
      <SaveText session={session} />
      <button
        type="button"
        class="icon"
        aria-label={undone === null ? 'Undo' : `Undo ${undone}`}
        title={undone === null ? 'Nothing to undo' : `Undo ${undone} (Ctrl Z)`}
        disabled={undone === null}
        onClick={() => edit.undo()}
      >
        <Icon name="undo" />
      </button>
      <button
        type="button"
        class="icon"
        aria-label={redone === null ? 'Redo' : `Redo ${redone}`}
        title={redone === null ? 'Nothing to redo' : `Redo ${redone} (Ctrl Shift Z)`}
        disabled={redone === null}
        onClick={() => edit.redo()}
      >
        <Icon name="redo" />
      </button>
      <button
        type="button"
        class="icon"
        aria-label="Keys of the editor"
        aria-pressed={view.isHelpShown.value}
        title="Keys (?)"
        onClick={() => performEdit(session, 'help')}
      >
        <Icon name="help" />
      </button>
      <button
        type="button"
        class="primary"
        disabled={!edit.isUnsaved.value || saving.state.value.kind === 'saving'}
        title="Save (Ctrl S)"
        onClick={() => performEdit(session, 'save')}
      >
        Save
      </button>
      <button type="button" class="icon" aria-label="Close the editor" title="Close (Esc)" onClick={session.close}>
        <Icon name="close" />
      </button>
    </header>
  )
}

function SaveText({ session: { edit, saving } }: { session: EditorSession }) {
  const state = saving.state.value
  if (state.kind === 'failed')
    return (
      <p class="error small editor-save-text" role="alert">
        Not saved: {state.reason}
      </p>
    )
  const words =
    state.kind === 'saving'
      ? 'Saving …'
      : edit.isUnsaved.value
        ? 'Not saved yet'
        : state.kind === 'saved'
          ? 'Saved'
          : ''
  return (
    <p class="soft small editor-save-text" role="status">
      {words}
    </p>
  )
}
