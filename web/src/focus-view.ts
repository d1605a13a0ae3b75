/** Where the focus goes when its control has disappeared, the first that is visible. */
const PLACES = ['.song-rows [tabindex="0"]', '.to-library', '.add-songs input[type="file"]']

/** Focuses the view that is shown. Without it the next Tab would begin at the top of the page. */
export function focusView(): void {
  const visible = PLACES.map((place) => document.querySelector<HTMLElement>(place)).find((each) =>
    each?.checkVisibility(),
  )
  visible?.focus({ preventScroll: true })
}

/** Whether the focus is on something that can be seen. */
export function hasVisibleFocus(): boolean {
  const focused = document.activeElement
  return focused !== null && focused !== document.body && focused.checkVisibility()
}
