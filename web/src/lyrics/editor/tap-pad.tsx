import { textOfLine } from '../../../../src/song/lyrics.ts'
import { Icon } from '../../design/icon.tsx'
import type { EditorSession } from './editor-session.ts'

/** In tap mode: a large button for a finger, with what is tapped next. */
export function TapPad({ session }: { session: EditorSession }) {
  const { edit, player, tapping } = session
  const next = tapping.next.value
  if (!next) return null
  const line = edit.lyrics.value.lines[next.line]
  const text = tapping.unit.value === 'line' ? line && textOfLine(line) : line?.words[next.word]?.text.trim()
  const up = () => tapping.up()
  return (
    <div class="tap-pad">
      <button type="button" title="Back by two (Backspace)" onClick={() => tapping.stepBack()}>
        <Icon name="undo" /> Back two
      </button>
      <button
        type="button"
        class="primary tap-button"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId)
          tapping.down()
        }}
        onPointerUp={up}
        onPointerCancel={up}
        onContextMenu={(event) => event.preventDefault()}
      >
        <span class="small">
          {player.isPlaying.value ? 'Tap when it begins, hold until it ends' : 'Tap to play on'}
        </span>
        <b dir="auto">{text}</b>
      </button>
      <button type="button" title="End tap mode (Esc)" onClick={() => tapping.stop()}>
        Done
      </button>
    </div>
  )
}
