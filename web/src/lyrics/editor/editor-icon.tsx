const OUTLINES = {
  warning: 'M12 3l10 18H2zM12 10v5M12 18h.01',
  check: 'M4 12l6 6L20 6',
  loop: 'M4 12V9a3 3 0 0 1 3-3h13M17 3l3 3-3 3M20 12v3a3 3 0 0 1-3 3H4M7 21l-3-3 3-3',
  tap: 'M12 3v9M8 8l4 4 4-4M5 16h14v5H5z',
} as const

/** A drawing of the editor without a name, in the manner of the page's icons. */
export function EditorIcon({ name }: { name: keyof typeof OUTLINES }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={OUTLINES[name]} />
    </svg>
  )
}
