import { Icon } from '../design/icon.tsx'
import { workers } from '../server/songs.ts'
import { isPanelOpen } from './machine-panel.tsx'

/** The machines that separate, and their speed together, as "2 machines · 8×". A press opens the panel about them. */
export function MachineChip() {
  const present = workers.value.filter(({ state }) => state !== 'lost')
  const machines = new Set(present.map(({ host }) => host)).size
  const speed = Math.round(present.reduce((sum, worker) => sum + (worker.speed ?? 0), 0))
  const words = machines === 0 ? 'No worker' : `${machines} ${machines === 1 ? 'machine' : 'machines'}`
  return (
    <button
      type="button"
      class={machines === 0 ? 'machine-chip waits' : 'machine-chip'}
      aria-expanded={isPanelOpen.value}
      aria-controls="machines"
      onClick={() => {
        isPanelOpen.value = !isPanelOpen.value
      }}
    >
      <Icon name="machine" />
      <span class="numbers">
        {words}
        {speed > 0 ? <span class="machine-speed">{` · ${speed}×`}</span> : null}
      </span>
    </button>
  )
}
