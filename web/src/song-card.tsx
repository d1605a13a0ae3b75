import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { act } from './act.ts'
import { type Progress, retryMusic, type Segment } from './api.ts'
import { Lanes } from './lanes.tsx'
import { MixDownloads } from './mix-downloads.tsx'
import { isCurrent } from './player/player.ts'
import { Transport } from './player/transport.tsx'
import { SongHeading } from './song-heading.tsx'
import { standingInWords } from './standing.ts'
import { needSegments, newestFirst, type Song } from './state.ts'

/** What people opened or closed themselves. */
const opened = signal<ReadonlyMap<number, boolean>>(new Map())

/** The song that plays and the newest one show their parts by themselves: of a long list most are closed. */
export function SongCard({ song }: { song: Song }) {
  const { music, progress } = song
  const title = music.name || `Song ${music.music_id}`
  const isNewest = newestFirst.value[0]?.music.music_id === music.music_id
  const isOpen = opened.value.get(music.music_id) ?? (isCurrent(music) || isNewest)
  useEffect(() => {
    if (isOpen) act(needSegments(music.music_id))
  }, [isOpen, music.music_id])
  return (
    <article class="song" aria-label={title} data-state={progress?.state ?? 'added'}>
      <SongHeading music={music} title={title}>
        <button
          type="button"
          class="quiet"
          aria-expanded={isOpen}
          aria-label={`Parts of ${title}`}
          onClick={() => {
            opened.value = new Map(opened.value).set(music.music_id, !isOpen)
          }}
        >
          Parts
        </button>
      </SongHeading>
      {music.warnings.map((warning) => (
        <p class="warning" key={warning}>
          {warning}
        </p>
      ))}
      <Transport song={song} title={title} />
      {isOpen ? <Lanes song={song} title={title} /> : null}
      {progress && (isOpen || progress.state !== 'ready') ? (
        <Standing song={song} progress={progress} title={title} />
      ) : null}
    </article>
  )
}

function Standing({ song, progress, title }: { song: Song; progress: Progress; title: string }) {
  const { music, segments } = song
  const { error } = progress
  return (
    <>
      <div class="standing">
        <progress value={progress.progress} max={100} aria-label={`${title}: ${progress.progress} per cent`} />
        <output>{standingInWords(progress, music)}</output>
      </div>
      {progress.waits_for ? <p class="waits">{progress.waits_for}</p> : null}
      {error ? (
        <p class="error" role="alert">
          {error}{' '}
          <button type="button" aria-label={`Try ${title} again`} onClick={() => act(retryMusic(music.music_id))}>
            Try again
          </button>
        </p>
      ) : null}
      <Strip segments={segments} />
      {progress.final ? <MixDownloads music={music} progress={progress} url={progress.final} /> : null}
    </>
  )
}

/** The song as a row of its segments, each coloured by what is being done with it, and by whom. */
function Strip({ segments }: { segments: readonly Segment[] }) {
  return (
    <ol class="strip" aria-label="Segments">
      {segments.map(({ index, state, worker, attempt }) => {
        const again = attempt > 1 ? `, attempt ${attempt}` : ''
        const words = `Segment ${index + 1}: ${state}${worker ? ` by ${worker}` : ''}${again}`
        return <li key={index} class={attempt > 1 ? `${state} again` : state} title={words} />
      })}
    </ol>
  )
}
