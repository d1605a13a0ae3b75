import type { Lyrics } from '../../../src/song/lyrics.ts'
import { textOfLine } from '../../../src/song/lyrics.ts'
import { Icon } from '../design/icon.tsx'
import type { LoadedLyrics } from '../server/lyrics.ts'
import { CountIn } from './count-in.tsx'
import { SungLine } from './sung-line.tsx'
import { areTimed } from './sung-place.ts'
import { useSungPlace } from './use-sung-place.ts'
import { wordsWorkText } from './words-work-text.ts'

/**
 * The words of a song in its practice view: the line that is sung and the next one, and what can be done with them. It has the same
 * height in every state, so that nothing moves when words come.
 * @param loaded null until the words are loaded
 * @param nowMs the time of the song that is heard now
 */
export function WordsStrip({
  title,
  loaded,
  nowMs,
  onOpen,
  onStage,
  onEdit,
}: {
  title: string
  loaded: LoadedLyrics | null
  nowMs(): number
  onOpen(): void
  onStage(): void
  onEdit(): void
}) {
  const lyrics = loaded?.lyrics ?? null
  return (
    <section class="words-strip" aria-label={`Words of ${title}`}>
      <div class="words-lines">
        {lyrics ? areTimed(lyrics) ? <TimedLines lyrics={lyrics} nowMs={nowMs} /> : <Untimed lyrics={lyrics} /> : null}
        {loaded?.work ? <p class="small soft words-state">{wordsWorkText(loaded.work)}</p> : null}
      </div>
      <div class="words-actions">
        {lyrics ? (
          <>
            <button type="button" class="quiet" title="Fill the screen (W)" onClick={onStage}>
              <Icon name="up" /> Stage
            </button>
            <button
              type="button"
              class="quiet icon"
              aria-label="Edit the words"
              title="Edit the words"
              onClick={onEdit}
            >
              <Icon name="pencil" />
            </button>
          </>
        ) : null}
        <button type="button" class="quiet" disabled={!loaded} onClick={onOpen}>
          <Icon name="list" /> {loaded && !lyrics ? 'Add words' : 'Words'}
        </button>
      </div>
    </section>
  )
}

function TimedLines({ lyrics, nowMs }: { lyrics: Lyrics; nowMs(): number }) {
  const { shown, placeNow } = useSungPlace(lyrics, nowMs)
  const isPause = shown.line < 0 || (shown.isOver && (shown.dots > 0 || shown.instrumentalSeconds > 0))
  const current = isPause ? undefined : lyrics.lines[shown.line]
  const next = lyrics.lines[shown.line + 1]
  return (
    <>
      {current ? (
        <SungLine key={shown.line} line={current} index={shown.line} placeNow={placeNow} />
      ) : (
        <p class="sung-line">
          <CountIn shown={shown} />
        </p>
      )}
      <p class="next-line soft" dir="auto">
        {next ? textOfLine(next) : ''}
      </p>
    </>
  )
}

function Untimed({ lyrics }: { lyrics: Lyrics }) {
  return (
    <>
      <p class="sung-line" dir="auto">
        {lyrics.lines[0] ? textOfLine(lyrics.lines[0]) : ''}
      </p>
      <p class="next-line soft">These words have no times yet.</p>
    </>
  )
}
