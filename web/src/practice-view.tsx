import { useEffect, useMemo } from 'preact/hooks'
import { titleOf } from '../../src/song/song-title.ts'
import { InstrumentChoice } from './instrument-choice.tsx'
import { SongFailure } from './library/song-failure.tsx'
import { SongHeading } from './library/song-heading.tsx'
import type { SongLyrics } from './lyrics/song-lyrics.ts'
import { showFailure } from './notice.ts'
import { CopySongLink } from './player/copy-song-link.tsx'
import { DownloadMenu } from './player/download-menu.tsx'
import { useAfterFirstSound } from './player/first-sound.ts'
import { Lanes } from './player/lanes.tsx'
import type { Player } from './player/player.ts'
import { PracticeTools } from './player/practice-tools.tsx'
import { namesOfFinals } from './player/waveforms/separated-parts.ts'
import { needSegments, type Song } from './server/songs.ts'
import { WordsOfSong } from './words-of-song.tsx'

/** The practice view: one song with its stems, its mix, and how far its separation is. */
export function PracticeView({ player, lyrics, song }: { player: Player; lyrics: SongLyrics; song: Song }) {
  const { music, progress } = song
  const { music_id } = music
  const title = titleOf({ id: music_id, title: music.name })
  useEffect(() => {
    showFailure(needSegments(music_id))
    showFailure(player.settings.load(music_id))
  }, [music_id, player])
  const isWhole = useAfterFirstSound(player, song)
  const { segments } = song
  // The progress changes more often than what these show.
  const tools = useMemo(
    () => (
      <>
        {/* The song's own mix counts more. What is chosen here is heard, but not saved to the song. */}
        <InstrumentChoice onChoose={() => player.settings.overrideMix(music_id, null)} />
        <PracticeTools player={player} song={song} title={title} />
      </>
    ),
    [player, music],
  )
  // While a song is separated, its segments change several times for each block that can be heard.
  const heard = `${segments.length} ${namesOfFinals(segments)}`
  const lanes = useMemo(() => <Lanes player={player} song={song} title={title} />, [player, music, heard])
  return (
    <article class="practice-view" aria-label={title} data-state={progress?.state ?? 'added'}>
      <SongHeading song={song} title={title}>
        <CopySongLink player={player} song={song} />
        <DownloadMenu player={player} song={song} title={title} />
      </SongHeading>
      {music.warnings.map((warning) => (
        <p class="warning" key={warning}>
          {warning}
        </p>
      ))}
      {progress?.state === 'failed' ? <SongFailure music={music} progress={progress} title={title} /> : null}
      {tools}
      {isWhole ? <WordsOfSong player={player} lyrics={lyrics} song={song} /> : null}
      {isWhole ? lanes : null}
    </article>
  )
}
