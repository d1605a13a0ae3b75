import type { ComponentChildren } from 'preact'
import { titleOf } from '../../../src/song/song-title.ts'
import { canPlay } from '../can-play.ts'
import { Icon } from '../design/icon.tsx'
import { formatDuration } from '../format-duration.ts'
import { showFailure } from '../notice.ts'
import type { Song } from '../server/songs.ts'
import { LoopControls } from './loop-controls.tsx'
import { SAMPLE_RATE } from './mixer.ts'
import type { Player } from './player.ts'
import { PracticeControls } from './practice-controls.tsx'
import { lengthOf } from './song-length.ts'

/**
 * The player at the bottom of the page: position, play, loop, key and tempo of the song that is open in it.
 * @param song null before the first song: the bar keeps its height, so that nothing moves when a song comes
 * @param name draws the song's cover and title
 */
export function PlayerBar({
  player,
  song,
  name,
}: {
  player: Player
  song: Song | null
  name(song: Song): ComponentChildren
}) {
  if (!song) return <section class="player-bar" aria-label="Player" />
  const { music_id, name: given } = song.music
  const title = titleOf({ id: music_id, title: given })
  return (
    <section class="player-bar" aria-label="Player">
      <Position player={player} song={song} title={title} />
      <div class="player-bar-name">{name(song)}</div>
      <PlayButton player={player} song={song} title={title} />
      <LoopControls player={player} musicId={music_id} title={title} />
      <PracticeControls player={player} musicId={music_id} title={title} />
    </section>
  )
}

function PlayButton({ player, song, title }: { player: Player; song: Song; title: string }) {
  const { music_id } = song.music
  const isPlaying = player.isOpen(music_id) && player.isOn.value
  return (
    <button
      type="button"
      class="play primary"
      aria-label={`${isPlaying ? 'Pause' : 'Play'} ${title}`}
      disabled={!canPlay(song)}
      onClick={() => showFailure(player.toggle(music_id))}
    >
      <Icon name={isPlaying ? 'pause' : 'play'} />
    </button>
  )
}

/** The only part of the bar that is drawn 20 times a second. */
function Position({ player, song, title }: { player: Player; song: Song; title: string }) {
  const { music_id } = song.music
  const position = player.isOpen(music_id) ? player.position.value : 0
  const length = lengthOf(song)
  const [now, end] = [position, length].map((samples) => formatDuration(samples / SAMPLE_RATE))
  return (
    <div class="position numbers small">
      <span>{now}</span>
      <input
        type="range"
        min={0}
        max={Math.max(1, length / SAMPLE_RATE)}
        step={0.1}
        value={position / SAMPLE_RATE}
        aria-label={`Place in ${title}`}
        aria-valuetext={`${now} of ${end}`}
        onInput={(event) => showFailure(player.seek(music_id, event.currentTarget.valueAsNumber * SAMPLE_RATE))}
      />
      <span>{end}</span>
    </div>
  )
}
