import { signal } from '@preact/signals'
import { midiCommands } from './midi-commands.ts'
import { performCommand } from './perform-command.ts'
import type { Player } from './player.ts'

/** @property reason why it is so, to be shown; empty if it needs no words */
export type MidiState = { kind: 'unavailable' | 'off' | 'on' | 'refused'; reason: string }

const OVER_HTTP = 'MIDI needs https: over plain http the browser keeps devices from the page.'
const NO_MIDI = 'This browser knows no MIDI.'
const REFUSED = 'The browser refused access to MIDI devices. Allow it in the settings of this site, then try again.'
const NO_DEVICE = 'No MIDI device is connected yet.'

export const midi = signal<MidiState>(stateBefore())

let access: MIDIAccess | null = null

/** Listens to foot switches at MIDI devices, also those that are connected later. Call it only when the user has chosen that. */
export async function enableMidi(player: Player): Promise<void> {
  midi.value = stateBefore()
  if (midi.value.kind === 'unavailable') return
  const granted = await navigator.requestMIDIAccess().catch(() => null)
  if (!granted) {
    midi.value = { kind: 'refused', reason: REFUSED }
    return
  }
  disableMidi()
  access = granted
  const commandOf = midiCommands()
  const attach = (): void => {
    for (const input of granted.inputs.values()) {
      input.onmidimessage = ({ data }) => {
        const command = data && commandOf(input.id, data)
        if (command) performCommand(player, command)
      }
    }
    midi.value = { kind: 'on', reason: granted.inputs.size === 0 ? NO_DEVICE : '' }
  }
  granted.onstatechange = attach
  attach()
}

export function disableMidi(): void {
  if (access) {
    access.onstatechange = null
    for (const input of access.inputs.values()) input.onmidimessage = null
  }
  access = null
  midi.value = stateBefore()
}

function stateBefore(): MidiState {
  const hasMidi = 'requestMIDIAccess' in (globalThis.navigator ?? {})
  if (hasMidi) return { kind: 'off', reason: '' }
  return { kind: 'unavailable', reason: globalThis.isSecureContext === false ? OVER_HTTP : NO_MIDI }
}
