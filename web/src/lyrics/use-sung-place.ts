import { useRef, useState } from 'preact/hooks'
import type { Lyrics } from '../../../src/song/lyrics.ts'
import { useFrame } from './editor/use-frame.ts'
import { type Pause, pauseAt, type SungPlace, sungPlace } from './sung-place.ts'

/** What is shown of the words: it changes with each line and each second of a pause, not with each frame. */
export type Shown = { line: number; isOver: boolean; dots: number; instrumentalSeconds: number }

/**
 * Follows the song: draws the component again when another line or pause is to be shown.
 * @param nowMs the time of the song that is heard now
 */
export function useSungPlace(lyrics: Lyrics, nowMs: () => number): { shown: Shown; placeNow(): SungPlace } {
  const [shown, setShown] = useState<Shown>(() => shownAt(lyrics, nowMs()))
  const last = useRef(shown)
  useFrame(() => {
    const next = shownAt(lyrics, nowMs())
    if (isSame(next, last.current)) return
    last.current = next
    setShown(next)
  })
  return { shown, placeNow: () => sungPlace(lyrics, nowMs()) }
}

function shownAt(lyrics: Lyrics, ms: number): Shown {
  const place = sungPlace(lyrics, ms)
  const { dots, instrumentalMs }: Pause = pauseAt(lyrics, place, ms)
  return { line: place.line, isOver: place.isOver, dots, instrumentalSeconds: Math.ceil(instrumentalMs / 1_000) }
}

function isSame(a: Shown, b: Shown): boolean {
  return (
    a.line === b.line && a.isOver === b.isOver && a.dots === b.dots && a.instrumentalSeconds === b.instrumentalSeconds
  )
}
