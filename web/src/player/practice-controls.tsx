import { showFailure } from '../notice.ts'
import type { Player } from './player.ts'
import { AS_RECORDED, isAsRecorded, type Practice } from './stretcher.ts'

const MAX_SEMITONES = 12
const TEMPOS = { slowest: 50, fastest: 150 }

/** Key and tempo of the open song. */
export function PracticeControls({ player, musicId, title }: { player: Player; musicId: number; title: string }) {
  const { semitones, tempo } = player.practice.value
  const change = (changes: Partial<Practice>) => showFailure(player.setPractice(musicId, changes))
  const percent = Math.round(100 * tempo)
  const key = semitones === 0 ? 'original' : `${semitones > 0 ? '+' : '−'}${Math.abs(semitones)}`
  return (
    <fieldset class="presets practice" aria-label={`Practice of ${title}`}>
      <label>
        Key
        <input
          type="range"
          min={-MAX_SEMITONES}
          max={MAX_SEMITONES}
          step={1}
          value={semitones}
          aria-valuetext={semitones === 0 ? 'original' : `${key} semitones`}
          onInput={(event) => change({ semitones: event.currentTarget.valueAsNumber })}
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
          onInput={(event) => change({ tempo: event.currentTarget.valueAsNumber / 100 })}
        />
        <output>{percent} %</output>
      </label>
      {isAsRecorded(player.practice.value) ? null : (
        <button type="button" onClick={() => change(AS_RECORDED)}>
          as recorded
        </button>
      )}
    </fieldset>
  )
}
