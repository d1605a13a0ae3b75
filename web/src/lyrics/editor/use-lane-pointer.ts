import type { ReadonlySignal, Signal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { Lyrics } from '../../../../src/song/lyrics.ts'
import type { EditorSession } from './editor-session.ts'
import { moveWord, type WordPart } from './edits/place-word.ts'
import { isSamePlace, type WordPlace } from './edits/word-place.ts'
import type { LaneWindow } from './lane-window.ts'
import { DRAG_PIXELS, partAt } from './word-drag.ts'

/**
 * A press that is held: `word` is dragged by it, with the lyrics before it. A finger drags the selected word alone, because it
 * scrolls everywhere else; a press of it selects `pressed`.
 */
type Held = {
  pointerId: number
  fromX: number
  fromMs: number
  isMoved: boolean
  word: HeldWord | null
  pressed: WordPlace | null
}
type HeldWord = { place: WordPlace; part: WordPart; before: Lyrics; key: string }

let drags = 0

/** Mouse, finger and pen on the lane: words are dragged, the waveform is scrolled, a press seeks. */
export function useLanePointer({
  session,
  shown,
  pixelsPerMs,
}: {
  session: EditorSession
  shown: Signal<LaneWindow>
  pixelsPerMs: ReadonlySignal<number>
}) {
  const { edit, player } = session
  const held = useRef<Held | null>(null)
  const scrollBy = (pixels: number, fromMs = shown.peek().startMs) => {
    const { lengthMs } = shown.peek()
    const startMs = Math.max(-lengthMs / 2, Math.min(player.durationMs(), fromMs + pixels / pixelsPerMs.peek()))
    shown.value = { lengthMs, startMs }
  }
  const handlers = {
    onPointerDown(event: PointerEvent & { currentTarget: HTMLElement }) {
      if (event.button !== 0 || held.current) return
      const { pointerId, clientX, currentTarget } = event
      currentTarget.setPointerCapture(pointerId)
      const word = wordUnder(event, edit.lyrics.peek())
      const pressed = word?.place ?? null
      const isDragged = word && (event.pointerType !== 'touch' || isSamePlace(word.place, edit.selected.peek()))
      const fromMs = shown.peek().startMs
      held.current = { pointerId, fromX: clientX, fromMs, isMoved: false, word: isDragged ? word : null, pressed }
      if (isDragged && pressed) edit.selected.value = pressed
    },
    onPointerMove({ pointerId, clientX }: PointerEvent) {
      const press = held.current
      if (press?.pointerId !== pointerId) return
      press.isMoved ||= Math.abs(clientX - press.fromX) > DRAG_PIXELS
      if (!press.isMoved) return
      if (!press.word) {
        scrollBy(press.fromX - clientX, press.fromMs)
        return
      }
      const { place, part, before, key } = press.word
      const byMs = (clientX - press.fromX) / pixelsPerMs.peek()
      edit.change(`move of “${nameOf(before, place)}”`, () => moveWord(before, place, { part, byMs }), { key, atMs: 0 })
    },
    onPointerUp(event: PointerEvent & { currentTarget: HTMLElement }) {
      const press = held.current
      if (press?.pointerId !== event.pointerId) return
      held.current = null
      if (press.isMoved) return
      if (press.pressed) {
        edit.selected.value = press.pressed
        return
      }
      const x = event.clientX - event.currentTarget.getBoundingClientRect().left
      player.seek(Math.max(0, Math.min(player.durationMs(), shown.peek().startMs + x / pixelsPerMs.peek())))
    },
    onPointerCancel() {
      held.current = null
    },
    onWheel(event: WheelEvent) {
      event.preventDefault()
      scrollBy(event.deltaX || event.deltaY)
    },
  }
  return { handlers, isHeld: () => held.current !== null }
}

function nameOf({ lines }: Lyrics, { line, word }: WordPlace): string {
  return lines[line]?.words[word]?.text.trim() ?? ''
}

function wordUnder({ target, clientX, pointerType }: PointerEvent, before: Lyrics): HeldWord | null {
  const block = target instanceof Element ? target.closest<HTMLElement>('[data-block]') : null
  const [line, word] = (block?.dataset['block'] ?? '').split('.').map(Number)
  if (!block || line === undefined || word === undefined) return null
  block.focus({ preventScroll: true })
  const { left, width } = block.getBoundingClientRect()
  const part = partAt({ x: clientX - left, width, isTouch: pointerType === 'touch' })
  return { place: { line, word }, part, before, key: `drag ${++drags}` }
}
