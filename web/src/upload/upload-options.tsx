import { computed, signal } from '@preact/signals'
import { Icon } from '../design/icon.tsx'
import type { ModelAnswer } from '../server/api.ts'
import { models } from '../server/songs.ts'

const OPTIONS_ID = 'upload-options'
const TYPICAL_SONG_SECONDS = 240

/** The model for new songs; empty for the server's default. */
export const model = signal('')

const installed = computed(() => models.value.filter((each) => each.installed))
const chosen = computed(() => {
  const named = installed.value.find(({ name }) => name === model.value)
  return named ?? installed.value.find((each) => each.default)
})

/** The options for new songs: the model, which people know as the quality of its sound and the time that it takes. */
export function UploadOptions() {
  return (
    <label class="upload-options small soft" id={OPTIONS_ID}>
      Sound quality
      <select value={chosen.value?.name ?? ''} onChange={(event) => (model.value = event.currentTarget.value)}>
        {models.value.map((each) => (
          <option key={each.name} value={each.name} disabled={!each.installed}>
            {each.title}, {each.installed ? costInWords(each) : `not installed (minus-one models install ${each.name})`}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Shows and hides the options. */
export function OptionsButton({ isOpen, onPress }: { isOpen: boolean; onPress(): void }) {
  return (
    <button
      type="button"
      class="quiet icon"
      aria-label="Upload options"
      title="Upload options"
      aria-expanded={isOpen}
      aria-controls={isOpen ? OPTIONS_ID : undefined}
      onClick={onPress}
    >
      <Icon name="options" />
    </button>
  )
}

/** How long the present workers need for a song of four minutes. */
function costInWords({ seconds_per_second, workers }: ModelAnswer): string {
  if (workers === 0) return 'no connected worker can do it'
  const seconds = (seconds_per_second * TYPICAL_SONG_SECONDS) / workers
  if (seconds < 57) return `about ${Math.max(5, Math.round(seconds / 5) * 5)} s a song`
  return `about ${Math.max(1, Math.round(seconds / 60))} min a song`
}
