/** The outlines of the icons in a square of 24 units. Icons in FILLED are filled, the others are drawn as lines. */
const OUTLINES = {
  play: 'M7 4.5v15l12-7.5z',
  pause: 'M6 4h4v16H6zM14 4h4v16h-4z',
  back: 'M15 5l-7 7 7 7',
  close: 'M6 6l12 12M18 6L6 18',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L20 20',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  undo: 'M9 5L4 10l5 5M4 10h10a5 5 0 0 1 0 10h-3',
  redo: 'M15 5l5 5-5 5M20 10H10a5 5 0 0 0 0 10h3',
  link: 'M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1',
  flag: 'M6 21V4h11l-2 4 2 4H6',
  pencil: 'M4 20l1-5L16 4l4 4L9 19zM13.500 6.500l4 4',
  trash: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13M10 11v5M14 11v5',
  again: 'M5 12a7 7 0 1 1 2 5M5 12l-2-3M5 12l3-2',
  options: 'M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4',
  up: 'M12 19V5M6 11l6-6 6 6',
  down: 'M12 5v14M6 13l6 6 6-6',
  help: 'M9 9a3 3 0 1 1 4 3c-1 .5-1 1-1 2M12 18h.01',
  list: 'M4 6h16M4 12h16M4 18h10',
  plug: 'M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4',
  machine: 'M4 5h16v10H4zM9 20h6M12 15v5',
  vocals: 'M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM6 11a6 6 0 0 0 12 0M12 17v4M9 21h6',
  drums: 'M4 10c0-2 16-2 16 0s-16 2-16 0zM4 10v7c0 2.5 16 2.5 16 0v-7M3 3l7 5M21 3l-7 5',
  bass: 'M20 4l-8.5 8.5M18 2l4 4M11 11c-2-1-3 .5-4.500 1.500S3 15 4 18s4 3 6 1 0-3 1.500-4.500S14 13 13 11',
  guitar: 'M20 4l-7 7M17 3l4 4M12 10c-2-2-4-1-4.500 1S4 13 4 16.500 7 21 10 20s2-3 3-4 3-2 1-4zM9.500 14.500h.01',
  piano: 'M3 6h18v12H3zM8 6v7M12 6v7M16 6v7M8 13v5M12 13v5M16 13v5',
  other: 'M3 12h2M7 8v8M11 4v16M15 8v8M19 11v2',
  everything: 'M9 18V6l11-2v12M9 18a3 3 0 1 1-6 0 3 3 0 0 1 6 0zM20 16a3 3 0 1 1-6 0 3 3 0 0 1 6 0z',
} as const

const FILLED: readonly IconName[] = ['play', 'pause']

export type IconName = keyof typeof OUTLINES

/** A drawing without a name: the control that it stands in has one. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={FILLED.includes(name) ? 'icon filled' : 'icon'} viewBox="0 0 24 24" aria-hidden="true">
      <path d={OUTLINES[name]} />
    </svg>
  )
}

/** The icon of a stem; that of the rest for a stem of another name. */
export function iconOfStem(stem: string): IconName {
  const known = ['vocals', 'drums', 'bass', 'guitar', 'piano'] as const
  return known.find((name) => name === stem) ?? 'other'
}

/** The colour of a stem, as a CSS value (`tokens.css`). */
export function colorOfStem(stem: string): string {
  return `var(--stem-${iconOfStem(stem)})`
}
