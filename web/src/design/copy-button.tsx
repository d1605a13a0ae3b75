import { useState } from 'preact/hooks'
import { showFailure } from '../notice.ts'

const SHOWN_MS = 2_000

/**
 * Copies a text. Browsers have a clipboard on secure pages only: over plain http the press selects the text of `source`, and
 * says so.
 */
export function CopyButton({
  text,
  label,
  source,
}: {
  text: string | (() => string)
  label: string
  source?(): Element | null
}) {
  const [state, setState] = useState<'idle' | 'copied' | 'selected'>('idle')
  const copy = async (): Promise<void> => {
    const clipboard = navigator.clipboard as Clipboard | undefined
    const element = source?.() ?? null
    const copied = typeof text === 'string' ? text : text()
    if (clipboard) await clipboard.writeText(copied)
    else if (element) getSelection()?.selectAllChildren(element)
    else throw new Error(`This browser copies only on pages over https. Copy it by hand: ${copied}`)
    setState(clipboard ? 'copied' : 'selected')
    setTimeout(() => setState('idle'), SHOWN_MS)
  }
  const words = { idle: label, copied: 'Copied', selected: 'Selected: press Ctrl+C' }[state]
  return (
    <button type="button" onClick={() => showFailure(copy())}>
      {words}
    </button>
  )
}
