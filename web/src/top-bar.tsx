import { Icon } from './design/icon.tsx'
import { Menu, type MenuItem } from './design/menu.tsx'
import { hasLogin, logOut } from './log-out.ts'
import { MachineChip } from './machines/machine-chip.tsx'
import { showFailure } from './notice.ts'
import { isHelpOpen } from './player/is-help-open.ts'
import { disableMidi, enableMidi, midi } from './player/midi.ts'
import type { Player } from './player/player.ts'
import { reset } from './server/api.ts'
import { serverUrl } from './server/server-url.ts'
import { undoHistory } from './undo-history.ts'

/** Name, machines, undo, and the menu of what is needed seldom. */
export function TopBar({ player }: { player: Player }) {
  const [undone, redone] = [undoHistory.canUndo.value, undoHistory.canRedo.value]
  return (
    <header class="top">
      <h1>Minus One</h1>
      <MachineChip />
      <button
        type="button"
        class="quiet icon"
        aria-label={undone === null ? 'Undo' : `Undo ${undone}`}
        title={undone === null ? 'Nothing to undo' : `Undo ${undone} (Ctrl+Z)`}
        disabled={undone === null}
        onClick={() => showFailure(undoHistory.undo())}
      >
        <Icon name="undo" />
      </button>
      <button
        type="button"
        class="quiet icon"
        aria-label={redone === null ? 'Redo' : `Redo ${redone}`}
        title={redone === null ? 'Nothing to redo' : `Redo ${redone} (Ctrl+Shift+Z)`}
        disabled={redone === null}
        onClick={() => showFailure(undoHistory.redo())}
      >
        <Icon name="redo" />
      </button>
      <Menu label="Menu" items={() => items(player)} />
    </header>
  )
}

function items(player: Player): MenuItem[] {
  const isMidiOn = midi.value.kind === 'on'
  return [
    { label: 'Keyboard and pedals (?)', icon: 'help', onSelect: () => (isHelpOpen.value = true) },
    {
      label: isMidiOn ? 'MIDI foot switches off' : 'MIDI foot switches on',
      icon: 'plug',
      onSelect: () => (isMidiOn ? disableMidi() : showFailure(turnMidiOn(player))),
    },
    { label: 'API of this server', icon: 'link', onSelect: () => location.assign(serverUrl('docs')) },
    ...(hasLogin.value ? [{ label: 'Log out', icon: 'back', onSelect: logOut } as const] : []),
    { label: 'Delete all songs', icon: 'trash', onSelect: deleteAll },
  ]
}

async function turnMidiOn(player: Player): Promise<void> {
  await enableMidi(player)
  if (midi.value.reason) throw new Error(midi.value.reason)
}

function deleteAll(): void {
  if (window.confirm('Delete all songs and setlists and cancel all work? This cannot be undone.')) showFailure(reset())
}
