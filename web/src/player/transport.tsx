import { formatDuration } from '../format-duration.ts'
import { showFailure } from '../notice.ts'
import type { Song } from '../server/songs.ts'
import { LoopControls } from './loop-controls.tsx'
import { SAMPLE_RATE } from './mixer.ts'
import type { Player } from './player.ts'
import { PracticeControls } from './practice-controls.tsx'
import { lengthOf } from './song-length.ts'

/** Play, position, loop and practice of one song. */
export function Transport({ player, song, title }: { player: Player; song: Song; title: string }) {
  const { music_id } = song.music
  const isOpen = player.isOpen(music_id)
  const isPlaying = isOpen && player.isOn.value
  const position = isOpen ? player.position.value : 0
  const length = lengthOf(song)
  const words = `${formatDuration(position / SAMPLE_RATE)} of ${formatDuration(length / SAMPLE_RATE)}`
  const isSeparated = song.progress?.state === 'ready' || song.progress?.state === 'mixing'
  return (
    <div class="transport">
      <button
        type="button"
        class="play"
        aria-label={`${isPlaying ? 'Pause' : 'Play'} ${title}`}
        disabled={song.segments.length === 0 && !isSeparated}
        onClick={() => showFailure(player.toggle(music_id))}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d={isPlaying ? 'M6 4h4v16H6zM14 4h4v16h-4z' : 'M6 3l15 9-15 9z'} />
        </svg>
      </button>
      <input
        type="range"
        class="place"
        min={0}
        max={Math.max(1, length / SAMPLE_RATE)}
        step={0.1}
        value={position / SAMPLE_RATE}
        aria-label={`Place in ${title}`}
        aria-valuetext={words}
        onInput={(event) => showFailure(player.seek(music_id, event.currentTarget.valueAsNumber * SAMPLE_RATE))}
      />
      <span class="time">{words}</span>
      {isOpen ? <LoopControls player={player} musicId={music_id} title={title} /> : null}
      {isOpen && player.isInAudioThread.value ? (
        <PracticeControls player={player} musicId={music_id} title={title} />
      ) : null}
      <output class="waits">{isOpen ? <Silence player={player} song={song} /> : null}</output>
    </div>
  )
}

/** Tells why the song is silent, or what this page cannot do. */
function Silence({ player, song }: { player: Player; song: Song }) {
  const isWaiting = player.state.value.kind === 'waiting'
  const problem = player.problem.value
  return (
    <>
      {isWaiting && !problem ? waitsFor(song, player.position.value) : ''}
      {problem}
      {player.isInAudioThread.value ? '' : ' Over https, faders would act at once, and key and tempo could be changed.'}
    </>
  )
}

function waitsFor({ segments }: Song, position: number): string {
  const here = segments.find(({ startSample, samples }) => position >= startSample && position < startSample + samples)
  if (here?.state === 'final') return 'This part is on its way from the server …'
  const hasSound = segments.some(({ state }) => state === 'final')
  return hasSound ? 'This part is being separated …' : 'The first seconds are being separated …'
}
