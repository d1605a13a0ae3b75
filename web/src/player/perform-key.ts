import { commandOf } from './command-of-key.ts'
import { focusOf, followPointer, isForControl } from './focus-precedence.ts'
import { canPerform, performCommand, songForCommands } from './perform-command.ts'
import type { Player } from './player.ts'
import { type KeyCommand, SHORTCUTS } from './shortcuts.ts'

/** Commands that a key repeats while it is held down. */
const REPEATED: readonly KeyCommand['kind'][] = SHORTCUTS.filter(({ isRepeated }) => isRepeated).map(
  ({ command }) => command,
)

/** Listens to the keys of `shortcuts.ts`. */
export function listenToKeys(player: Player): void {
  const pointed = followPointer()
  document.addEventListener('keydown', (event) => {
    const command = commandOf(event, songForCommands(player)?.music.tracks.length ?? 0)
    if (!command || !canPerform(player, command)) return
    if (isForControl(focusOf(event.target, pointed()), event.key)) return
    event.preventDefault()
    if (!event.repeat || REPEATED.includes(command.kind)) performCommand(player, command)
  })
}
