import type { KeyCommand } from './shortcuts.ts'

/** Status bytes and controllers of MIDI 1.0. */
const [NOTE_ON, CONTROL_CHANGE] = [0x90, 0xb0]
const [SUSTAIN, SOSTENUTO] = [64, 66]
/** A controller counts as pressed from here on. */
const PRESSED = 64

const CONTROLLERS: Readonly<Record<number, KeyCommand>> = {
  [SUSTAIN]: { kind: 'toggle' },
  [SOSTENUTO]: { kind: 'backToStart' },
}
/** Foot switches and pads that send notes begin at 36, the bass drum. */
const NOTES: Readonly<Record<number, KeyCommand>> = {
  36: { kind: 'toggle' },
  37: { kind: 'backToStart' },
  38: { kind: 'loopStart' },
  39: { kind: 'loopEnd' },
}

/**
 * Returns a function from a message of a device to a command, on any channel. A pedal that reports how far it is down gives one
 * command each time that it passes the middle. Program changes and all other messages give none.
 */
export function midiCommands(): (deviceId: string, message: Uint8Array) => KeyCommand | null {
  const pressed = new Set<string>()
  return (deviceId, [status = 0, number = 0, value = 0]) => {
    const kind = status & 0xf0
    if (kind === NOTE_ON) return value > 0 ? (NOTES[number] ?? null) : null
    if (kind !== CONTROL_CHANGE) return null
    const controller = `${deviceId} ${status} ${number}`
    const wasPressed = pressed.has(controller)
    if (value < PRESSED) pressed.delete(controller)
    else pressed.add(controller)
    return value >= PRESSED && !wasPressed ? (CONTROLLERS[number] ?? null) : null
  }
}
