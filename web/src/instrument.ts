import { effect, signal } from '@preact/signals'
import { readStored, store } from './browser-storage.ts'
import type { IconName } from './design/icon.tsx'

/** What the user sings or plays. `everything` leaves nothing out. */
export type Instrument = 'voice' | 'drums' | 'bass' | 'guitar-or-keys' | 'everything'

const INSTRUMENT = 'instrument'
/** Where versions up to 0.2 stored the stem that they left out of new songs. */
const LEFT_OUT = 'left-out'

/** The stems that an instrument takes the place of. The first group of which a song has a stem counts. */
const STEMS: Record<Instrument, readonly (readonly string[])[]> = {
  voice: [['vocals']],
  drums: [['drums']],
  bass: [['bass']],
  'guitar-or-keys': [['guitar', 'piano'], ['other']],
  everything: [],
}

/** The choices on the page, in this order. */
export const INSTRUMENTS: readonly { instrument: Instrument; label: string; icon: IconName }[] = [
  { instrument: 'voice', label: 'I sing', icon: 'vocals' },
  { instrument: 'drums', label: 'Drums', icon: 'drums' },
  { instrument: 'bass', label: 'Bass', icon: 'bass' },
  { instrument: 'guitar-or-keys', label: 'Guitar or keys', icon: 'guitar' },
  { instrument: 'everything', label: 'Everything', icon: 'everything' },
]

/**
 * The instrument of this browser's user; null until it is chosen. It sets the mix of songs that have none of their own, and is
 * never saved to a song.
 */
export const instrument = signal<Instrument | null>(instrumentOf(readStored(INSTRUMENT) ?? readStored(LEFT_OUT)))

effect(() => store(INSTRUMENT, instrument.value))

/** The stems to leave out of a song. Until an instrument is chosen, the voice: most people sing. */
export function stemsToLeaveOut(stems: readonly string[]): string[] {
  const groups = STEMS[instrument.value ?? 'voice'].map((group) => stems.filter((stem) => group.includes(stem)))
  return groups.find((found) => found.length > 0) ?? []
}

function instrumentOf(stored: string | null): Instrument | null {
  const known = INSTRUMENTS.find((each) => each.instrument === stored)
  if (known || stored === null) return known?.instrument ?? null
  if (stored === 'vocals') return 'voice'
  return stored === 'guitar' || stored === 'piano' || stored === 'other' ? 'guitar-or-keys' : null
}
