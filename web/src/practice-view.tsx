import { useEffect } from 'preact/hooks'
import { titleOf } from '../../src/song/song-title.ts'
import { InstrumentChoice } from './instrument-choice.tsx'
import { SongHeading } from './library/song-heading.tsx'
import { SongProgress } from './library/song-progress.tsx'
import { showFailure } from './notice.ts'
import { CopySongLink } from './player/copy-song-link.tsx'
import { DownloadMenu } from './player/download-menu.tsx'
import { Lanes } from './player/lanes.tsx'
import type { Player } from './player/player.ts'
import { PracticeTools } from './player/practice-tools.tsx'
import { Silence } from './player/silence.tsx'
import { needSegments, type Song } from './server/songs.ts'

/** The practice view: one song with its stems, its mix, and how far its separation is. */
export function PracticeView({ player, song }: { player: Player; song: Song }) {
  const { music, progress } = song
  const { music_id } = music
  const title = titleOf({ id: music_id, title: music.name })
  useEffect(() => {
    showFailure(needSegments(music_id))
    showFailure(player.settings.load(music_id))
  }, [music_id, player])
  return (
    <article class="practice-view" aria-label={title} data-state={progress?.state ?? 'added'}>
      <SongHeading music={music} title={title}>
        <CopySongLink player={player} song={song} />
        <DownloadMenu player={player} song={song} title={title} />
      </SongHeading>
      {music.warnings.map((warning) => (
        <p class="warning" key={warning}>
          {warning}
        </p>
      ))}
      <div class="song-status">
        {progress ? <SongProgress song={song} progress={progress} title={title} /> : null}
        <output class="waits">{player.isOpen(music_id) ? <Silence player={player} song={song} /> : null}</output>
      </div>
      {/* The song's own mix counts more. What is chosen here is heard, but not saved to the song. */}
      <InstrumentChoice onChoose={() => player.settings.override(music_id, { mix: null })} />
      <Lanes player={player} song={song} title={title} />
      <PracticeTools player={player} song={song} title={title} />
    </article>
  )
}
