import { isInTextField } from '../text-field.ts'
import { SHORTCUTS } from './shortcuts.ts'

/**
 * What has the focus: a field that takes every key itself, a slider, a control that Space presses (not a link), or nothing that
 * takes keys.
 * `isPointed`: the focus is there because of a mouse or a finger, so that Space is not meant for it.
 */
export type Focus = { kind: 'field' | 'slider' | 'nothing' } | { kind: 'pressable'; isPointed: boolean }

const FIELD =
  'select, [contenteditable], [role=listbox], [role=menu], [role=radiogroup], [role=tablist], [role=textbox]'
const SLIDER = 'input[type=range], [role=slider]'
const PRESSABLE =
  'button, summary, input, [role=button], [role=checkbox], [role=switch], label:not(:has(input[type=range]))'

/**
 * Whether the focused control keeps a key, as the table of shortcuts has it. A field keeps all keys. A slider keeps Home and
 * End, and those that are no shortcuts: Up and Down. Left and Right always seek, so that they still do after a touch of the
 * position slider.
 */
export function isForControl(focus: Focus, key: string): boolean {
  const { when } = SHORTCUTS.find(({ typed }) => typed.includes(key)) ?? {}
  if (focus.kind === 'field') return true
  if (focus.kind === 'slider') return when === 'not in text fields, nor on a slider'
  if (focus.kind !== 'pressable' || focus.isPointed) return false
  return when === 'not in text fields, nor on a button that was reached by keyboard'
}

/** @param pointed the control that was pressed last by a mouse or a finger, if no key has moved the focus since */
export function focusOf(target: EventTarget | null, pointed: Element | null): Focus {
  if (!(target instanceof HTMLElement)) return { kind: 'nothing' }
  if (target.closest(SLIDER)) return { kind: 'slider' }
  if (isInTextField(target) || target.closest(FIELD)) return { kind: 'field' }
  const control = target.closest(PRESSABLE)
  return control ? { kind: 'pressable', isPointed: control === pointed } : { kind: 'nothing' }
}

/** Follows which control was pressed by a mouse or a finger. `:focus-visible` cannot tell, because a key press changes it. */
export function followPointer(): () => Element | null {
  let pointed: Element | null = null
  document.addEventListener('pointerdown', ({ target }) => {
    pointed = target instanceof Element ? target.closest(PRESSABLE) : null
  })
  document.addEventListener('focusin', ({ target }) => {
    // A label gives the focus to its control.
    const label = pointed?.closest('label')
    if (label && target instanceof Element && label.contains(target)) pointed = target.closest(PRESSABLE)
    else if (target !== pointed) pointed = null
  })
  return () => pointed
}
