/** What a gesture does. Places are in pixels from the left edge. */
export type GestureActions = {
  seek(x: number): void
  loop(from: number, to: number): void
  /** Moves what is shown by this many pixels to the left. */
  scroll(pixels: number): void
  zoom(factor: number, x: number): void
  /** The place of the loop's other end, if there is an end of it within `reach`. */
  otherEndOf(x: number, reach: number): number | null
}
export type Touch = { id: number; x: number; isTouch: boolean }

/** A press within this distance of an end of the loop drags that end. A shorter drag than this counts as a press. */
const MOUSE_REACH = 8
const TOUCH_REACH = 22
/** A finger that stays for this long sets the loop with its drag. */
const LONG_PRESS_MS = 450

type State =
  | { kind: 'idle' }
  | { kind: 'pressed'; from: number; fixed: number | null }
  | { kind: 'looping'; fixed: number }
  | { kind: 'scrolling' }
  | { kind: 'pinching' }

/**
 * Tells the gestures of a waveform apart. Mouse: a press seeks, a drag makes a loop or moves one of its ends. One finger: a
 * press seeks, a drag scrolls, a long press and a drag make a loop, a drag of an end moves it. Two fingers zoom.
 */
export class PointerGesture {
  readonly #actions: GestureActions
  readonly #places = new Map<number, number>()
  #state: State = { kind: 'idle' }
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(actions: GestureActions) {
    this.#actions = actions
  }

  down({ id, x, isTouch }: Touch): void {
    this.#places.set(id, x)
    clearTimeout(this.#timer)
    if (this.#places.size > 1) {
      this.#state = { kind: 'pinching' }
      return
    }
    const fixed = this.#actions.otherEndOf(x, isTouch ? TOUCH_REACH : MOUSE_REACH)
    this.#state = { kind: 'pressed', from: x, fixed: fixed ?? (isTouch ? null : x) }
    if (isTouch && fixed === null) this.#timer = setTimeout(() => this.#pressLong(x), LONG_PRESS_MS)
  }

  move({ id, x }: Touch): void {
    const before = this.#places.get(id)
    if (before === undefined) return
    if (this.#state.kind === 'pinching') this.#pinch(id, x)
    this.#places.set(id, x)
    if (this.#state.kind === 'pressed') this.#startDrag(this.#state, x)
    else if (this.#state.kind === 'scrolling') this.#actions.scroll(before - x)
    if (this.#state.kind === 'looping' && Math.abs(x - this.#state.fixed) > MOUSE_REACH)
      this.#actions.loop(Math.min(x, this.#state.fixed), Math.max(x, this.#state.fixed))
  }

  up({ id, x }: Touch): void {
    const isPress = this.#state.kind === 'pressed' && this.#places.has(id)
    this.cancel(id)
    if (isPress) this.#actions.seek(x)
  }

  /** The browser scrolls the page instead. */
  cancel(id: number): void {
    clearTimeout(this.#timer)
    this.#places.delete(id)
    // The finger that is left after a pinch does nothing more.
    if (this.#places.size === 0 || this.#state.kind !== 'pinching') this.#state = { kind: 'idle' }
  }

  #startDrag({ from, fixed }: { from: number; fixed: number | null }, x: number): void {
    if (Math.abs(x - from) <= MOUSE_REACH) return
    clearTimeout(this.#timer)
    this.#state = fixed === null ? { kind: 'scrolling' } : { kind: 'looping', fixed }
    if (fixed === null) this.#actions.scroll(from - x)
  }

  #pressLong(x: number): void {
    if (this.#state.kind === 'pressed') this.#state = { kind: 'looping', fixed: x }
    if ('vibrate' in navigator) navigator.vibrate(10)
  }

  #pinch(id: number, x: number): void {
    const other = [...this.#places].find(([each]) => each !== id)?.[1]
    const before = this.#places.get(id)
    if (other === undefined || before === undefined) return
    const [was, is] = [Math.abs(before - other), Math.abs(x - other)]
    if (was > 0 && is > 0) this.#actions.zoom(is / was, other)
  }
}
