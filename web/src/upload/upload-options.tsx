import { computed, effect, signal } from '@preact/signals'
import { readStored, store } from '../browser-storage.ts'
import type { ModelAnswer } from '../server/api.ts'
import { models } from '../server/songs.ts'

const TYPICAL_SONG_SECONDS = 240
const LEFT_OUT = 'left-out'

/** The stem that is left out of new songs. The browser stores it, because most people play one instrument. */
export const leftOut = signal(readStored(LEFT_OUT) ?? 'vocals')
/** The model for new songs; empty for the server's default. */
export const model = signal('')

effect(() => store(LEFT_OUT, leftOut.value))

const installed = computed(() => models.value.filter((each) => each.installed))
const chosen = computed(() => {
  const named = installed.value.find(({ name }) => name === model.value)
  return named ?? installed.value.find((each) => each.default)
})

/** The options for new songs: the stem to leave out, and the model. */
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

/** How long the present workers need for a song of four minutes. */
function costInWords({ seconds_per_second, workers }: ModelAnswer): string {
  if (workers === 0) return 'no connected worker can do it'
  const seconds = (seconds_per_second * TYPICAL_SONG_SECONDS) / workers
  if (seconds < 55) return `about ${Math.max(5, Math.round(seconds / 5) * 5)} seconds a song`
  const minutes = Math.max(1, Math.round(seconds / 60))
  return minutes === 1 ? 'about a minute a song' : `about ${minutes} minutes a song`
}
