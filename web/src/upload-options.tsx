import { computed, effect, signal } from '@preact/signals'
import type { ModelAnswer } from './api.ts'
import { recall, remember } from './player/kept.ts'
import { models } from './state.ts'

const FOUR_MINUTES = 240
const REMEMBERED = 'left-out'

/** The part a song is played without when it has come apart; remembered, because people play one instrument. */
export const leftOut = signal(recall(REMEMBERED) ?? 'vocals')
/** The model for the next songs; empty: the server's own choice. */
export const model = signal('')

effect(() => remember(REMEMBERED, leftOut.value))

const installed = computed(() => models.value.filter((each) => each.installed))
const chosen = computed(() => {
  const named = installed.value.find(({ name }) => name === model.value)
  return named ?? installed.value.find((each) => each.default)
})

/** What to do with songs that are added now: which part to leave out, and by which model. */
export function UploadOptions() {
  const stems = chosen.value?.stems ?? []
  const part = stems.includes(leftOut.value) ? leftOut.value : (stems[0] ?? '')
  return (
    <div class="options">
      <label>
        Leave out
        <select value={part} onChange={(event) => (leftOut.value = event.currentTarget.value)}>
          {stems.map((stem) => (
            <option key={stem} value={stem}>
              {stem === 'other' ? 'everything else' : `the ${stem}`}
            </option>
          ))}
        </select>
      </label>
      <label>
        Model
        <select value={chosen.value?.name ?? ''} onChange={(event) => (model.value = event.currentTarget.value)}>
          {models.value.map((each) => (
            <option key={each.name} value={each.name} disabled={!each.installed}>
              {each.title}:{' '}
              {each.installed ? costInWords(each) : `not installed (minus-one models install ${each.name})`}
            </option>
          ))}
        </select>
      </label>
    </div>
  )
}

/** What a song of four minutes takes with the workers there are. */
function costInWords({ seconds_per_second, workers }: ModelAnswer): string {
  if (workers === 0) return 'no connected worker can do it'
  const seconds = (seconds_per_second * FOUR_MINUTES) / workers
  if (seconds < 55) return `about ${Math.max(5, Math.round(seconds / 5) * 5)} seconds a song`
  const minutes = Math.max(1, Math.round(seconds / 60))
  return minutes === 1 ? 'about a minute a song' : `about ${minutes} minutes a song`
}
