import { batch, useComputed, useSignal } from '@preact/signals'
import { useEffect, useMemo, useRef } from 'preact/hooks'
import { Icon } from '../../design/icon.tsx'
import { drawVoice } from './draw-voice.ts'
import type { EditorVoice } from './editor-player.ts'
import type { EditorSession } from './editor-session.ts'
import { wordAt } from './edits/word-place.ts'
import {
  followed,
  type LaneWindow,
  NARROW_LANE_MS,
  NARROW_PIXELS,
  showing,
  USUAL_LANE_MS,
  zoomed,
} from './lane-window.ts'
import { useFrame } from './use-frame.ts'
import { useLanePointer } from './use-lane-pointer.ts'
import { VoicePeaks } from './voice-peaks.ts'
import { WordBlocks } from './word-blocks.tsx'

const CALM = '(prefers-reduced-motion: reduce)'

/**
 * The waveform of the voice with the words on it. It follows the playhead. A press seeks, a drag scrolls; a drag of a word moves
 * it, or one of its ends.
 */
export function VoiceLane({ session, voice }: { session: EditorSession; voice: EditorVoice | null }) {
  const { edit, player } = session
  const [lane, canvas, strip, playhead] = [
    useRef<HTMLDivElement>(null),
    useRef<HTMLCanvasElement>(null),
    useRef<HTMLFieldSetElement>(null),
    useRef<HTMLElement>(null),
  ]
  const shown = useSignal<LaneWindow>({ startMs: -USUAL_LANE_MS / 4, lengthMs: USUAL_LANE_MS })
  const width = useSignal(0)
  const pixelsPerMs = useComputed(() => width.value / shown.value.lengthMs)
  const peaks = useMemo(() => voice && new VoicePeaks(voice), [voice?.revision])
  const drawn = useRef('')
  const lastMs = useRef(Number.NaN)
  const pointer = useLanePointer({ session, shown, pixelsPerMs })
  useEffect(() => {
    if (!lane.current) return undefined
    const observer = new ResizeObserver(([entry]) => {
      const isFirst = width.peek() === 0
      width.value = entry?.contentRect.width ?? 0
      if (!isFirst || width.peek() >= NARROW_PIXELS) return
      shown.value = { startMs: -NARROW_LANE_MS / 4, lengthMs: NARROW_LANE_MS }
      showSelected()
    })
    observer.observe(lane.current)
    return () => observer.disconnect()
  }, [])
  useEffect(() => {
    return edit.selected.subscribe(showSelected)
  }, [edit])
  useFrame(() => {
    const ms = player.positionMs()
    if (!pointer.isHeld()) follow(ms)
    lastMs.current = ms
    const { startMs, lengthMs } = shown.peek()
    const scale = pixelsPerMs.peek()
    if (strip.current) strip.current.style.transform = `translateX(${-startMs * scale}px)`
    if (playhead.current) playhead.current.style.transform = `translateX(${(ms - startMs) * scale}px)`
    if (!canvas.current || !peaks) return
    const looks = [
      voice?.revision,
      startMs,
      lengthMs,
      width.peek(),
      peaks.loads.peek(),
      getComputedStyle(canvas.current).color,
    ].join()
    if (looks === drawn.current) return
    drawn.current = looks
    drawVoice(canvas.current, shown.peek(), peaks)
  })
  function showSelected(): void {
    // What is dragged stays under the pointer.
    if (pointer.isHeld()) return
    const [lyrics, place] = [edit.lyrics.peek(), edit.selected.peek()]
    const ms = wordAt(lyrics, place)?.startMs ?? lyrics.lines[place.line]?.startMs ?? null
    if (ms !== null && !player.isPlaying.peek()) shown.value = showing(shown.peek(), ms)
  }
  function follow(ms: number): void {
    if (player.isPlaying.peek()) shown.value = followed(shown.peek(), ms, matchMedia(CALM).matches)
    else if (Math.abs(ms - lastMs.current) > 1) shown.value = showing(shown.peek(), ms)
  }
  const zoom = (step: 1 | -1) => {
    const [window, ms] = [shown.peek(), player.positionMs()]
    const isVisible = ms >= window.startMs && ms <= window.startMs + window.lengthMs
    batch(() => {
      shown.value = zoomed(window, step, isVisible ? ms : window.startMs + window.lengthMs / 2)
    })
  }
  return (
    <div class="voice-lane" dir="ltr">
      <div class="voice-wave" ref={lane} {...pointer.handlers}>
        <canvas ref={canvas} />
        <fieldset class="word-blocks" aria-label="Words on the voice" ref={strip}>
          <WordBlocks session={session} shown={shown} pixelsPerMs={pixelsPerMs} />
        </fieldset>
        <i class="editor-playhead" ref={playhead} />
      </div>
      <div class="voice-zoom">
        <button type="button" class="icon quiet" aria-label="Show less of the song" onClick={() => zoom(1)}>
          <Icon name="plus" />
        </button>
        <button type="button" class="icon quiet" aria-label="Show more of the song" onClick={() => zoom(-1)}>
          <Icon name="minus" />
        </button>
      </div>
    </div>
  )
}
