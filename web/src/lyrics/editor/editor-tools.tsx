import { useComputed } from '@preact/signals'
import { Icon } from '../../design/icon.tsx'
import { EditorIcon } from './editor-icon.tsx'
import { type EditorSession, togglePlay } from './editor-session.ts'
import { focusSelected } from './focus-selected.ts'
import { moveTimes, performEdit } from './perform-edit.ts'

const MOVES_MS = [-100, -10, 10, 100]

/** Playing, tapping, moving, and what is left to check. */
export function EditorTools({ session, isAligning }: { session: EditorSession; isAligning: boolean }) {
  const { edit, player, tapping, view, alignAgain } = session
  const doubtful = useComputed(() => edit.lyrics.value.lines.filter(({ isDoubtful }) => isDoubtful).length)
  const isTapping = useComputed(() => tapping.next.value !== null)
  const isPlaying = player.isPlaying.value
  const toggleTap = () => {
    tapping.toggle()
    focusSelected(edit.selected.peek())
  }
  return (
    <div class="editor-tools">
      <fieldset aria-label="Playing">
        <button
          type="button"
          class="icon"
          aria-label={isPlaying ? 'Pause' : 'Play'}
          title="Space"
          onClick={() => togglePlay(session)}
        >
          <Icon name={isPlaying ? 'pause' : 'play'} />
        </button>
        <button
          type="button"
          aria-pressed={tapping.isHalfTempo.value}
          disabled={!player.hasTempo.value}
          title={player.hasTempo.value ? 'Half tempo (H)' : 'The tempo can be changed over https only'}
          onClick={() => performEdit(session, 'halfTempo')}
        >
          50 %
        </button>
        <button
          type="button"
          aria-pressed={view.isLooping.value}
          title="Loop the line (L)"
          onClick={() => performEdit(session, 'loop')}
        >
          <EditorIcon name="loop" /> Loop line
        </button>
      </fieldset>
      <fieldset aria-label="Tapping">
        <button type="button" aria-pressed={isTapping.value} title="Tap mode (T)" onClick={toggleTap}>
          <EditorIcon name="tap" /> Tap along
        </button>
        <button
          type="button"
          title="Switch between words and lines (W)"
          onClick={() => performEdit(session, 'tapUnit')}
        >
          by {tapping.unit.value}
        </button>
      </fieldset>
      <fieldset aria-label="Moving">
        <button
          type="button"
          title="Switch between from here on and all (M)"
          onClick={() => performEdit(session, 'moveScope')}
        >
          Move {view.moveScope.value === 'all' ? 'all' : 'from here on'}
        </button>
        {MOVES_MS.map((byMs) => (
          <button
            key={byMs}
            type="button"
            class="numbers"
            aria-label={`${Math.abs(byMs)} ms ${byMs < 0 ? 'earlier' : 'later'}`}
            onClick={() => moveTimes(session, byMs)}
          >
            {byMs < 0 ? '−' : '+'}
            {Math.abs(byMs)}
          </button>
        ))}
      </fieldset>
      <fieldset aria-label="Checking">
        <button
          type="button"
          disabled={doubtful.value === 0}
          title="Next line to check (D)"
          onClick={() => performEdit(session, 'nextDoubtful')}
        >
          <EditorIcon name="warning" /> {doubtful.value === 0 ? 'Nothing to check' : `Check next (${doubtful.value})`}
        </button>
        {alignAgain ? (
          <button
            type="button"
            disabled={isAligning}
            title="Saves, and places every word again that is not confirmed"
            onClick={alignAgain}
          >
            <Icon name="again" /> {isAligning ? 'The rest is being placed …' : 'Place the rest again'}
          </button>
        ) : null}
      </fieldset>
    </div>
  )
}
