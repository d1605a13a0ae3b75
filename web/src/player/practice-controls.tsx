import { act } from '../act.ts'
import { practice, practise } from './player.ts'
import { AS_RECORDED, isAsRecorded } from './stretcher.ts'

const MOST_SEMITONES = 12
const TEMPOS = { slowest: 50, fastest: 150 }

/** Key and tempo of the song that plays. */
export function PracticeControls({ musicId, title }: { musicId: number; title: string }) {
  const { semitones, tempo } = practice.value
  const percent = Math.round(100 * tempo)
  const key = semitones === 0 ? 'original' : `${semitones > 0 ? '+' : '−'}${Math.abs(semitones)}`
  return (
    <fieldset class="presets practice" aria-label={`Practice of ${title}`}>
      <label>
        Key
        <input
          type="range"
          min={-MOST_SEMITONES}
          max={MOST_SEMITONES}
          step={1}
          value={semitones}
          aria-valuetext={semitones === 0 ? 'original' : `${key} semitones`}
          onInput={(event) => act(practise(musicId, { semitones: event.currentTarget.valueAsNumber }))}
        />
        <output>{key}</output>
      </label>
      <label>
        Tempo
        <input
          type="range"
          min={TEMPOS.slowest}
          max={TEMPOS.fastest}
          step={5}
          value={percent}
          aria-valuetext={`${percent} per cent`}
          onInput={(event) => act(practise(musicId, { tempo: event.currentTarget.valueAsNumber / 100 }))}
        />
        <output>{percent} %</output>
      </label>
      {isAsRecorded(practice.value) ? null : (
        <button type="button" onClick={() => act(practise(musicId, AS_RECORDED))}>
          as recorded
        </button>
      )}
    </fieldset>
  )
}
