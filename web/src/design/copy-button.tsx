import { useState } from 'preact/hooks'
import { showFailure } from '../notice.ts'

const SHOWN_MS = 2_000

/**
 * Copies a text. Browsers have a clipboard on secure pages only: over plain http the press selects the text of `source`, and
 * says so.
 */
export function CopyButton({ text, label, source }: { text: string; label: string; source?(): Element | null }) {
  const [state, setState] = useState<'idle' | 'copied' | 'selected'>('idle')
  const copy = async (): Promise<void> => {
    const clipboard = navigator.clipboard as Clipboard | undefined
    const element = source?.() ?? null
    if (clipboard) await clipboard.writeText(text)
    else if (element) getSelection()?.selectAllChildren(element)
    else throw new Error(`This browser copies only on pages over https. Copy it by hand: ${text}`)
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
