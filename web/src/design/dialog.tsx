import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

/**
 * A modal dialog. When it closes, the browser gives the focus back to where it was.
 * @param name what a screen reader calls it; the title if it is left out
 */
export function Dialog({
  title,
  name = title,
  onClose,
  children,
}: {
  title: string
  name?: string
  onClose(): void
  children(close: () => void): ComponentChildren
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  useLayoutEffect(() => {
    dialog.current?.showModal()
    dialog.current?.querySelector('input')?.select()
  }, [])
  return (
    <dialog class="dialog" aria-label={name} ref={dialog} onClose={onClose}>
      <h2>{title}</h2>
      {children(() => dialog.current?.close())}
    </dialog>
  )
}

/** The buttons at the end of a form in a dialog. */
export function SaveOrCancel({ onCancel }: { onCancel(): void }) {
  return (
    <div class="dialog-buttons">
      <button type="button" onClick={onCancel}>
        Cancel
      </button>
      <button type="submit" class="primary">
        Save
      </button>
    </div>
  )
}
