import { effect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

/**
 * Draws on a canvas, at most once a frame: when the signals that `draw` reads or `inputs` change, or its size, its colour or
 * the pixels of the screen.
 */
export function useCanvas(draw: (canvas: HTMLCanvasElement) => void, inputs: readonly unknown[]) {
  const ref = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const canvas = ref.current
    if (!canvas) return undefined
    let frame = 0
    let stop = () => {}
    const redraw = () => {
      frame = 0
      stop()
      let isFirst = true
      stop = effect(() => {
        if (isFirst) draw(canvas)
        else request()
        isFirst = false
      })
    }
    const request = () => {
      frame ||= requestAnimationFrame(redraw)
    }
    const unlisten = listenToLooks(canvas, request)
    request()
    return () => {
      cancelAnimationFrame(frame)
      stop()
      unlisten()
    }
  }, inputs)
  return ref
}

function listenToLooks(canvas: HTMLCanvasElement, request: () => void): () => void {
  const size = new ResizeObserver(request)
  size.observe(canvas)
  const ofColor = ({ propertyName }: TransitionEvent) => propertyName === 'color' && request()
  // The style sheet gives `color` a transition, so any change of it ends with this event.
  canvas.addEventListener('transitionend', ofColor)
  window.addEventListener('resize', request)
  const queries = ['(prefers-color-scheme: dark)', '(forced-colors: active)'].map((query) => matchMedia(query))
  for (const query of queries) query.addEventListener('change', request)
  return () => {
    size.disconnect()
    canvas.removeEventListener('transitionend', ofColor)
    window.removeEventListener('resize', request)
    for (const query of queries) query.removeEventListener('change', request)
  }
}
