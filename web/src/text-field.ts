const TEXT_FIELD = 'input:not([type=checkbox], [type=range], [type=file]), textarea'

/** Whether the target takes text that is typed or pasted. */
export function isInTextField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest(TEXT_FIELD) !== null
}
