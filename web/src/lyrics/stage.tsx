import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { type Lyrics, textOfLine } from '../../../src/song/lyrics.ts'
import { Icon } from '../design/icon.tsx'
import type { LoadedLyrics } from '../server/lyrics.ts'
import { CountIn } from './count-in.tsx'
import { SungLine } from './sung-line.tsx'
import { areTimed } from './sung-place.ts'
import { useSungPlace } from './use-sung-place.ts'
import { wordsWorkText } from './words-work-text.ts'
import './stage.css'

/** Without a movement for so long, the controls hide. */
const CONTROLS_MS = 3_000

/**
 * The words on the whole screen: the line that is sung, filled word by word, and the next one.
 * @param cover the address of the song's picture; null without one
 * @param children the controls, which show when the pointer moves
 */
export function Stage({
  title,
  artist,
  cover,
  loaded,
  nowMs,
  onLeave,
  children,
}: {
  title: string
  artist: string
  cover: string | null
  loaded: LoadedLyrics | null
  nowMs(): number
  onLeave(): void
  children: ComponentChildren
}) {
  const dialog = useRef<HTMLDialogElement>(null)
  const areControlsShown = useControls(dialog)
  useFullScreen(dialog, onLeave)
  const lyrics = loaded?.lyrics ?? null
  return (
    <dialog
      class="stage"
      aria-label={`Stage: ${title}`}
      data-idle={areControlsShown ? undefined : ''}
      tabIndex={-1}
      ref={dialog}
      onCancel={(event) => {
        event.preventDefault()
        onLeave()
      }}
    >
      {cover ? <img class="stage-backdrop" src={cover} alt="" draggable={false} /> : null}
      <div class="stage-words">
        {lyrics ? (
          areTimed(lyrics) ? (
            <StageLines lyrics={lyrics} nowMs={nowMs} title={title} artist={artist} />
          ) : (
            <Untimed lyrics={lyrics} />
          )
        ) : (
          <p class="stage-title">{title}</p>
        )}
        {loaded?.work && !(lyrics && areTimed(lyrics)) ? <p class="stage-note">{wordsWorkText(loaded.work)}</p> : null}
        {loaded && !lyrics && !loaded.work ? <p class="stage-note">This song has no words yet.</p> : null}
      </div>
      <div class="stage-controls">
        {children}
        <button type="button" class="quiet" onClick={onLeave}>
          <Icon name="close" /> Leave the stage
        </button>
      </div>
    </dialog>
  )
}

function StageLines({
  lyrics,
  nowMs,
  title,
  artist,
}: {
  lyrics: Lyrics
  nowMs(): number
  title: string
  artist: string
}) {
  const { shown, placeNow } = useSungPlace(lyrics, nowMs)
  const isPause = shown.line < 0 || (shown.isOver && (shown.dots > 0 || shown.instrumentalSeconds > 0))
  const current = isPause ? undefined : lyrics.lines[shown.line]
  const next = lyrics.lines[shown.line + 1]
  return (
    <>
      {shown.line < 0 && shown.dots === 0 ? (
        <div class="stage-title">
          <bdi>{title}</bdi>
          {artist ? <bdi class="stage-artist">{artist}</bdi> : null}
        </div>
      ) : null}
      <div class="stage-current" style={fitting(current ? textOfLine(current) : '')}>
        {current ? (
          <SungLine key={shown.line} line={current} index={shown.line} placeNow={placeNow} />
        ) : (
          <p class="sung-line">
            <CountIn shown={shown} />
          </p>
        )}
      </div>
      <p class="stage-next" dir="auto" style={fitting(next ? textOfLine(next) : '')}>
        {next ? textOfLine(next) : ''}
      </p>
    </>
  )
}

/** Long lines are smaller, so that they need two rows at most. */
function fitting(text: string): Record<string, string> {
  return { '--letters': String(Math.max(12, text.length)) }
}

function Untimed({ lyrics }: { lyrics: Lyrics }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: whatever scrolls must be reached by keyboard (WCAG 2.1.1)
    <section class="stage-untimed" tabIndex={0} aria-label="Words without times">
      <p class="stage-note">These words have no times yet.</p>
      {lyrics.lines.map((line, index) => (
        <p key={index} dir="auto">
          {textOfLine(line)}
        </p>
      ))}
    </section>
  )
}

/** Fills the screen if the browser lets it, otherwise the window. Leaving the full screen leaves the stage. */
function useFullScreen(dialog: { current: HTMLDialogElement | null }, onLeave: () => void): void {
  const leave = useRef(onLeave)
  leave.current = onLeave
  useLayoutEffect(() => {
    const element = dialog.current
    if (!element) return undefined
    element.showModal()
    // A control that has the focus would never hide.
    element.focus()
    // A browser refuses without a press, as when the address was opened by itself.
    element.requestFullscreen?.().catch(() => undefined)
    const follow = () => {
      if (!document.fullscreenElement) leave.current()
    }
    document.addEventListener('fullscreenchange', follow)
    return () => {
      document.removeEventListener('fullscreenchange', follow)
      if (document.fullscreenElement) document.exitFullscreen().catch(() => undefined)
      element.close()
    }
  }, [])
}

/** The controls show when something moves or has the focus, and hide after a while. */
function useControls(dialog: { current: HTMLDialogElement | null }): boolean {
  const [areShown, show] = useState(true)
  useEffect(() => {
    const element = dialog.current
    if (!element) return undefined
    let timer = setTimeout(() => show(false), CONTROLS_MS)
    const wake = () => {
      show(true)
      clearTimeout(timer)
      timer = setTimeout(() => show(false), CONTROLS_MS)
    }
    const events = ['pointermove', 'pointerdown', 'keydown', 'focusin'] as const
    for (const event of events) element.addEventListener(event, wake)
    return () => {
      clearTimeout(timer)
      for (const event of events) element.removeEventListener(event, wake)
    }
  }, [])
  return areShown
}
