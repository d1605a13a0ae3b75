import type { EditorSession } from './editor-session.ts'
import { isConfirmed } from './edits/change-lines.ts'
import { type EditCommand, performEdit } from './perform-edit.ts'

type Tool = { command: EditCommand; label: string; key: string; isPossible?: boolean }

/** What can be done with the selected word and its line. */
export function LineTools({ session }: { session: EditorSession }) {
  const { edit } = session
  const { lines } = edit.lyrics.value
  const { line, word } = edit.selected.value
  const each = lines[line]
  if (!each) return null
  const tools: Tool[] = [
    { command: 'playFromHere', label: 'Play here', key: 'Enter' },
    { command: 'place', label: 'Place at playhead', key: 'P' },
    { command: 'confirm', label: isConfirmed(each) ? 'Not confirmed' : 'Confirm', key: 'K' },
    ...(each.isDoubtful ? [{ command: 'checked', label: 'Checked', key: 'X' } as const] : []),
    { command: 'retype', label: 'Retype', key: 'R' },
    { command: 'splitLine', label: 'Split line here', key: 'S', isPossible: word > 0 },
    { command: 'joinLines', label: 'Join with next line', key: 'J', isPossible: line + 1 < lines.length },
    { command: 'splitWord', label: 'Split word', key: 'Shift S' },
    { command: 'joinWords', label: 'Join with next word', key: 'Shift J', isPossible: word + 1 < each.words.length },
    { command: 'insert', label: 'New line below', key: 'N' },
    { command: 'insertAbove', label: 'New line above', key: 'Shift N' },
    { command: 'singer', label: 'Singer', key: 'G' },
    { command: 'clear', label: 'Clear times', key: 'C', isPossible: each.startMs !== null },
    { command: 'delete', label: 'Delete line', key: 'Delete' },
  ]
  return (
    <fieldset class="line-tools" aria-label="Selected word and line">
      {tools.map(({ command, label, key, isPossible = true }) => (
        <button
          key={command}
          type="button"
          class="small"
          title={`${label} (${key})`}
          disabled={!isPossible}
          onClick={() => performEdit(session, command)}
        >
          {label}
        </button>
      ))}
    </fieldset>
  )
}
