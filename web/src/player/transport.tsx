import { act } from '../act.ts'
import type { Song } from '../state.ts'
import { clock } from '../words.ts'
import { playLoop, setLoop } from './loop.ts'
import { hindrance, isCurrent, isInStep, isOn, lengthOf, loop, position, seek, status, toggle } from './player.ts'
import { PracticeControls } from './practice-controls.tsx'
import { SAMPLE_RATE } from './sound.ts'

/** Play, place and loop of one song. */
export function Transport({ song, title }: { song: Song; title: string }) {
  const { music_id } = song.music
  const isMine = isCurrent(song.music)
  const isPlaying = isMine && isOn.value
  const at = isMine ? position.value : 0
  const length = lengthOf(song)
  const words = `${clock(at / SAMPLE_RATE)} of ${clock(length / SAMPLE_RATE)}`
  const isSeparated = song.progress?.state === 'ready' || song.progress?.state === 'mixing'
  return (
    <div class="transport">
      <button
        type="button"
        class="play"
        aria-label={`${isPlaying ? 'Pause' : 'Play'} ${title}`}
        disabled={song.segments.length === 0 && !isSeparated}
        onClick={() => act(toggle(music_id))}
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
        value={at / SAMPLE_RATE}
        aria-label={`Place in ${title}`}
        aria-valuetext={words}
        onInput={(event) => act(seek(music_id, event.currentTarget.valueAsNumber * SAMPLE_RATE).then(() => undefined))}
      />
      <span class="time">{words}</span>
      {isMine ? (
        <fieldset class="loop" aria-label={`Loop in ${title}`}>
          <button type="button" title="Loop from here ([ or A)" onClick={() => setLoop(music_id, { start: at })}>
            from here
          </button>
          <button type="button" title="Loop to here (] or B)" onClick={() => setLoop(music_id, { end: at })}>
            to here
          </button>
          {loop.value ? (
            <button
              type="button"
              title="Play the loop, with a run-up of two seconds (\ or R)"
              onClick={() => act(playLoop(music_id))}
            >
              once more
            </button>
          ) : null}
          {loop.value ? (
            <button type="button" aria-pressed="true" onClick={() => setLoop(music_id, null)}>
              {clock(loop.value.start / SAMPLE_RATE)}–{clock(loop.value.end / SAMPLE_RATE)} ×
            </button>
          ) : null}
        </fieldset>
      ) : null}
      {isMine && isInStep.value ? <PracticeControls musicId={music_id} title={title} /> : null}
      <output class="waits">
        {isMine && status.value === 'waiting' && !hindrance.value ? waitsFor(song, at) : ''}
        {isMine ? hindrance.value : ''}
        {isMine && !isInStep.value ? ' Over https, faders would act at once, and key and tempo could be changed.' : ''}
      </output>
    </div>
  )
}

/** Why it is silent. */
function waitsFor({ segments }: Song, at: number): string {
  const here = segments.find(({ startSample, samples }) => at >= startSample && at < startSample + samples)
  if (here?.state === 'final') return 'This part is on its way from the server …'
  const hasSound = segments.some(({ state }) => state === 'final')
  return hasSound ? 'This part is being separated …' : 'The first seconds are being separated …'
}
