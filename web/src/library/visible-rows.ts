/** The height of every row of the list of songs, in px. It is fixed, so that any row can be drawn without those before it. */
export const ROW_PX = 56
/** Rows that are drawn beyond each edge of the view. */
const MARGIN_ROWS = 8
/** The drawn rows change by so many at a time. */
const STEP_ROWS = 4

/** The view of a list, in px. */
export type View = { top: number; height: number }

/** The rows to draw, from `first` to before `end`. */
export function visibleRows({ top, height }: View, count: number): { first: number; end: number } {
  const firstInView = Math.floor(top / ROW_PX / STEP_ROWS) * STEP_ROWS
  const rowsInView = Math.ceil(height / ROW_PX) + STEP_ROWS
  const end = Math.min(count, Math.max(0, firstInView + rowsInView + MARGIN_ROWS))
  return { first: Math.max(0, Math.min(end, firstInView - MARGIN_ROWS)), end }
}

/** Where the view begins when it has moved as little as possible to show a whole row. */
export function topToShow(row: number, { top, height }: View): number {
  const [start, end] = [row * ROW_PX, (row + 1) * ROW_PX]
  if (start < top) return start
  return end > top + height ? end - height : top
}

/** The row that a key leads to from row `at`; null for other keys. */
export function rowTarget(
  key: string,
  { at, count, height }: { at: number; count: number; height: number },
): number | null {
  const page = Math.max(1, Math.floor(height / ROW_PX) - 1)
  const target = targetOf(key, { at, count, page })
  return target === null ? null : Math.max(0, Math.min(count - 1, target))
}

function targetOf(key: string, { at, count, page }: { at: number; count: number; page: number }): number | null {
  switch (key) {
    case 'ArrowDown':
      return at + 1
    case 'ArrowUp':
      return at - 1
    case 'PageDown':
      return at + page
    case 'PageUp':
      return at - page
    case 'Home':
      return 0
    case 'End':
      return count - 1
    default:
      return null
  }
}
