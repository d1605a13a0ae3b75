import { MAX_SEMITONES, MAX_TEMPO, MIN_SEMITONES, MIN_TEMPO } from '../../../src/song/practice-settings.ts'
import type { Player } from './player.ts'
import { practiceInForce } from './practice-in-force.ts'
import { setPractice } from './set-practice.ts'
import { Stepper } from './stepper.tsx'

/** In per cent. */
const TEMPO_STEP = 5

/** Key and tempo of a song, as they are heard. */
export function PracticeControls({ player, musicId, title }: { player: Player; musicId: number; title: string }) {
  const { semitones, tempo } = practiceInForce(player, musicId)
  const isDisabled = !player.isInAudioThread.value
  const percent = Math.round(100 * tempo)
  const setKey = (next: number) =>
    setPractice(player, musicId, { semitones: Math.max(MIN_SEMITONES, Math.min(MAX_SEMITONES, next)) })
  const setTempo = (next: number) =>
    setPractice(player, musicId, { tempo: Math.max(MIN_TEMPO, Math.min(MAX_TEMPO, next / 100)) })
  return (
    <fieldset class="practice" aria-label={`Key and tempo of ${title}`}>
      <Stepper
        name="Key"
        value={semitones === 0 ? 'Key ±0' : `${semitones > 0 ? '+' : '−'}${Math.abs(semitones)}`}
        isDisabled={isDisabled}
        isReset={semitones === 0}
        onStep={(direction) => setKey(semitones + direction)}
        onReset={() => setKey(0)}
      />
      <Stepper
        name="Tempo"
        value={`${percent} %`}
        isDisabled={isDisabled}
        isReset={percent === 100}
        onStep={(direction) => setTempo(percent + direction * TEMPO_STEP)}
        onReset={() => setTempo(100)}
      />
    </fieldset>
  )
}
