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

/** Makes the first button of each column a Tab stop, or the one that was focused last. */
export function followFocus(event: On<FocusEvent>): void {
  const { target } = event
  if (!(target instanceof HTMLElement) || !target.dataset['column']) return
  for (const button of columnOf(target)) button.tabIndex = button === target ? 0 : -1
}

function columnOf(button: HTMLElement): HTMLElement[] {
  const { column } = button.dataset
  return [...(button.closest('ul')?.querySelectorAll<HTMLElement>(`[data-column="${column}"]`) ?? [])]
}
