import { Icon } from './design/icon.tsx'
import { INSTRUMENTS, type Instrument, instrument } from './instrument.ts'

/** The first choice of the page: what the user sings or plays, and so what is left out. */
export function InstrumentChoice({ onChoose }: { onChoose?(chosen: Instrument): void }) {
  return (
    <fieldset class="instruments">
      <legend>What do you play?</legend>
      {INSTRUMENTS.map(({ instrument: each, label, icon }) => (
        <button
          key={each}
          type="button"
          aria-pressed={(instrument.value ?? 'voice') === each}
          onClick={() => {
            instrument.value = each
            onChoose?.(each)
          }}
        >
          <Icon name={icon} />
          {label}
        </button>
      ))}
    </fieldset>
  )
}
