import { useRef } from 'preact/hooks'
import type { LyricsLine } from '../../../src/song/lyrics.ts'
import { useFrame } from './editor/use-frame.ts'
import type { SungPlace } from './sung-place.ts'

/**
 * A line that fills word by word while it is sung. Each frame changes the style of two words at most, and nothing is laid out.
 * @param placeNow where the song is; null while its words have no times
 */
export function SungLine({
  line,
  index,
  placeNow,
}: {
  line: LyricsLine
  index: number
  placeNow: (() => SungPlace) | null
}) {
  const root = useRef<HTMLParagraphElement>(null)
  const drawn = useRef('')
  useFrame(() => {
    if (root.current && placeNow) fill(root.current, drawn, { index, place: placeNow(), count: line.words.length })
  })
  return (
    <p class="sung-line" dir="auto" ref={root} data-singer={line.singer ?? undefined}>
      {line.words.map(({ text, reading }, word) => (
        <span class="sung-word" key={word}>
          {reading ? (
            <ruby>
              {text}
              <rt>{reading}</rt>
            </ruby>
          ) : (
            text
          )}
        </span>
      ))}
    </p>
  )
}

function fill(
  root: HTMLElement,
  drawn: { current: string },
  { index, place, count }: { index: number; place: SungPlace; count: number },
): void {
  const hasBegun = place.line >= index
  const isCurrent = place.line === index
  // A line whose words have no times is sung as a whole.
  const word = !hasBegun ? -1 : isCurrent && place.word >= 0 ? place.word : count
  const share = isCurrent && place.word >= 0 ? place.share : 0
  const key = `${word} ${share.toFixed(3)}`
  if (drawn.current === key) return
  drawn.current = key
  root.dataset['word'] = String(word)
  for (const [i, element] of [...root.children].entries()) {
    const state = i < word ? 'sung' : i === word ? 'now' : 'ahead'
    if (!(element instanceof HTMLElement)) continue
    if (element.dataset['state'] !== state) element.dataset['state'] = state
    if (state === 'now') element.style.setProperty('--sung', `${(100 * share).toFixed(1)}%`)
  }
}
