const TEXT_FIELD = 'input:not([type=checkbox], [type=range], [type=file]), textarea'

/** Whether what is typed or pasted there is text of its own. */
export function isInTextField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest(TEXT_FIELD) !== null
}
