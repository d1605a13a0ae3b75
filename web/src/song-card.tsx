import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { titleOf } from '../../src/song/song-title.ts'
import { SongHeading } from './library/song-heading.tsx'
import { SongProgress } from './library/song-progress.tsx'
import { showFailure } from './notice.ts'
import { Lanes } from './player/lanes.tsx'
import { MixDownloads } from './player/mix-downloads.tsx'
import type { Player } from './player/player.ts'
import { Transport } from './player/transport.tsx'
import { needSegments, newestFirst, type Song } from './server/songs.ts'

/** The cards that the user expanded or collapsed, by song. */
const expanded = signal<ReadonlyMap<number, boolean>>(new Map())

/** The card of one song. By default it is expanded only for the song in the player and the newest. */
export function SongCard({ player, song }: { player: Player; song: Song }) {
  const { music, progress } = song
  const title = titleOf({ id: music.music_id, title: music.name })
  const isNewest = newestFirst.value[0]?.music.music_id === music.music_id
  const isExpanded = expanded.value.get(music.music_id) ?? (player.isOpen(music.music_id) || isNewest)
  useEffect(() => {
    if (isExpanded) showFailure(needSegments(music.music_id))
  }, [isExpanded, music.music_id])
  return (
    <article class="song" aria-label={title} data-state={progress?.state ?? 'added'}>
      <SongHeading music={music} title={title}>
        <button
          type="button"
          class="quiet"
          aria-expanded={isExpanded}
          aria-label={`Parts of ${title}`}
          onClick={() => {
            expanded.value = new Map(expanded.value).set(music.music_id, !isExpanded)
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
      <Transport player={player} song={song} title={title} />
      {isExpanded ? <Lanes player={player} song={song} title={title} /> : null}
      {progress && (isExpanded || progress.state !== 'ready') ? (
        <>
          <SongProgress song={song} progress={progress} title={title} />
          {progress.final ? <MixDownloads music={music} progress={progress} url={progress.final} /> : null}
        </>
      ) : null}
    </article>
  )
}
