import { useEffect, useRef } from 'preact/hooks'
import { Icon } from '../design/icon.tsx'
import { isHelpOpen } from './is-help-open.ts'
import { SHORTCUTS } from './shortcuts.ts'

/** The help on keys and pedals, made of the table of shortcuts. */
export function ShortcutHelp() {
  const dialog = useRef<HTMLDialogElement>(null)
  const isOpen = isHelpOpen.value
  useEffect(() => {
    if (isOpen) dialog.current?.showModal()
    else dialog.current?.close()
  }, [isOpen])
  const close = () => {
    isHelpOpen.value = false
  }
  return (
    <dialog class="shortcut-help" aria-label="Keyboard and pedals" ref={dialog} onClose={close}>
      <header>
        <h2>Keyboard and pedals</h2>
        <button type="button" class="quiet icon" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <table>
        <tbody>
          {(isOpen ? SHORTCUTS : []).map(({ keys, label }) => (
            <tr key={label}>
              <th scope="row">
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </th>
              <td>{label}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="soft small">
        On a waveform: a press jumps, a drag makes a loop, the wheel zooms with Ctrl and scrolls with Shift. Up and Down
        change the fader that has the focus.
      </p>
    </dialog>
  )
}
