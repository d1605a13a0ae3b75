import { useEffect } from 'preact/hooks'
import { titleOf } from '../../src/song/song-title.ts'
import { InstrumentChoice } from './instrument-choice.tsx'
import { SongHeading } from './library/song-heading.tsx'
import { SongProgress } from './library/song-progress.tsx'
import { showFailure } from './notice.ts'
import { Lanes } from './player/lanes.tsx'
import { MixDownloads } from './player/mix-downloads.tsx'
import type { Player } from './player/player.ts'
import { Silence } from './player/silence.tsx'
import { needSegments, type Song } from './server/songs.ts'

/** The practice view: one song with its stems, its mix, and how far its separation is. */
export function PracticeView({ player, song }: { player: Player; song: Song }) {
  const { music, progress } = song
  const title = titleOf({ id: music.music_id, title: music.name })
  useEffect(() => showFailure(needSegments(music.music_id)), [music.music_id])
  return (
    <article class="practice-view" aria-label={title} data-state={progress?.state ?? 'added'}>
      <SongHeading music={music} title={title} />
      {music.warnings.map((warning) => (
        <p class="warning" key={warning}>
          {warning}
        </p>
      ))}
      <output class="waits">{player.isOpen(music.music_id) ? <Silence player={player} song={song} /> : null}</output>
      <InstrumentChoice />
      <Lanes player={player} song={song} title={title} />
      {progress ? (
        <>
          <SongProgress song={song} progress={progress} title={title} />
          {progress.final ? <MixDownloads music={music} progress={progress} url={progress.final} /> : null}
        </>
      ) : null}
    </article>
  )
}
