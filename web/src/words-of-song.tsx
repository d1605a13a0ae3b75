import { type ReadonlySignal, signal, useComputed } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { titleOf } from '../../src/song/song-title.ts'
import { Icon } from './design/icon.tsx'
import { EditWords } from './edit-words.tsx'
import { isStageOpen } from './is-stage-open.ts'
import { Lazy } from './lazy.tsx'
import type { SongLyrics } from './lyrics/song-lyrics.ts'
import { wordsActions } from './lyrics/words-actions.ts'
import { WordsStrip } from './lyrics/words-strip.tsx'
import './lyrics/words.css'
import { showFailure } from './notice.ts'
import { SAMPLE_RATE } from './player/mixer.ts'
import type { Player } from './player/player.ts'
import type { Song } from './server/songs.ts'

/** The song whose words are edited, and the one whose dialog of words is open. */
const edited = signal<number | null>(null)
const opened = signal<number | null>(null)

/** The words of a song in its practice view: the strip, and what lies over the page: stage, dialog and editor. */
export function WordsOfSong({ player, lyrics, song }: { player: Player; lyrics: SongLyrics; song: Song }) {
  const { music_id, name, band, cover } = song.music
  const title = titleOf({ id: music_id, title: name })
  useEffect(() => void lyrics.load(music_id), [lyrics, music_id])
  const loaded = lyrics.of(music_id).value
  const nowMs = useNow(player, music_id)
  const words = loaded?.lyrics ?? null
  return (
    <>
      <WordsStrip
        title={title}
        loaded={loaded}
        nowMs={nowMs}
        onOpen={() => {
          opened.value = music_id
        }}
        onStage={() => showStage(true)}
        onEdit={() => {
          edited.value = music_id
        }}
      />
      {isStageOpen.value ? (
        <Lazy load={() => import('./lyrics/stage.tsx')}>
          {({ Stage }) => (
            <Stage
              title={title}
              artist={band}
              cover={cover}
              loaded={loaded}
              nowMs={nowMs}
              onLeave={() => showStage(false)}
            >
              <PlayOnStage player={player} musicId={music_id} title={title} />
            </Stage>
          )}
        </Lazy>
      ) : null}
      {opened.value === music_id && loaded ? (
        <Lazy load={() => import('./lyrics/words-dialog.tsx')}>
          {({ WordsDialog }) => (
            <WordsDialog
              musicId={music_id}
              title={title}
              loaded={loaded}
              actions={wordsActions(lyrics, music_id)}
              onClose={() => {
                opened.value = null
              }}
            />
          )}
        </Lazy>
      ) : null}
      {edited.value === music_id && loaded && words ? (
        <EditWords
          player={player}
          song={song}
          title={title}
          lyrics={words}
          revision={loaded.revision}
          isAligning={loaded.work?.kind === 'align' && loaded.work.state !== 'failed'}
          canAlign
          onClose={() => {
            edited.value = null
          }}
        />
      ) : null}
    </>
  )
}

function showStage(isShown: boolean): void {
  isStageOpen.value = isShown
}

function PlayOnStage({ player, musicId, title }: { player: Player; musicId: number; title: string }) {
  const isPlaying = player.isOpen(musicId) && player.isOn.value
  return (
    <button
      type="button"
      class="play primary"
      aria-label={`${isPlaying ? 'Pause' : 'Play'} ${title}`}
      onClick={() => showFailure(player.toggle(musicId))}
    >
      <Icon name={isPlaying ? 'pause' : 'play'} />
    </button>
  )
}

/** The time of the song that is heard now, in milliseconds; where it would begin, if another one is open. */
function useNow(player: Player, musicId: number): () => number {
  const isOpen: ReadonlySignal<boolean> = useComputed(() => player.isOpen(musicId))
  return () => {
    const samples = isOpen.peek() ? player.heardPosition() : (player.starts.get(musicId) ?? 0)
    return (1_000 * samples) / SAMPLE_RATE
  }
}
