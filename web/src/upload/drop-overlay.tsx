import { useLayoutEffect, useRef } from 'preact/hooks'
import { Icon } from '../design/icon.tsx'
import { isDraggedOver } from './listen-to-files.ts'

/** Covers the whole page while files are dragged over it, dialogs included (popover). It takes no events itself. */
export function DropOverlay() {
  const overlay = useRef<HTMLDivElement>(null)
  const isShown = isDraggedOver.value
  useLayoutEffect(() => {
    if (isShown) overlay.current?.showPopover()
  }, [isShown])
  return isShown ? (
    <div popover="manual" class="drop-overlay" ref={overlay}>
      <p>
        <Icon name="plus" /> Drop to add songs
      </p>
    </div>
  ) : null
}
