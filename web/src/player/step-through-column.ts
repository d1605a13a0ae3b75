type On<T> = T & { currentTarget: HTMLElement }

/**
 * Moves the focus up and down a column of buttons, which is one Tab stop: those with the same `data-column` in the same list
 * (ARIA Authoring Practices, roving tabindex).
 */
export function stepThroughColumn(event: On<KeyboardEvent>): void {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
  if (!step) return
  const button = event.currentTarget
  const column = columnOf(button)
  const next = column.at((column.indexOf(button) + step) % column.length)
  event.preventDefault()
  next?.focus()
}

/** Makes the buttons of the row that was focused last the Tab stops of their columns. */
export function followFocus(event: On<FocusEvent>): void {
  const { target } = event
  if (!(target instanceof HTMLElement) || !target.dataset['column']) return
  const row = target.closest('li')
  for (const button of row?.querySelectorAll<HTMLElement>('[data-column]') ?? []) {
    for (const each of columnOf(button)) each.tabIndex = each === button ? 0 : -1
  }
}

function columnOf(button: HTMLElement): HTMLElement[] {
  const { column } = button.dataset
  return [...(button.closest('ul')?.querySelectorAll<HTMLElement>(`[data-column="${column}"]`) ?? [])]
}
