import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { disableMidi, enableMidi, midi } from '../../../web/src/player/midi.ts'
import { midiCommands } from '../../../web/src/player/midi-commands.ts'
import { SAMPLE_RATE } from '../../../web/src/player/mixer.ts'
import { openFakePlayer } from './fake-player.ts'

/** The browser's MIDIAccess and one of its inputs, as far as the page uses them. */
class FakeInput {
  readonly id: string
  onmidimessage: ((event: { data: Uint8Array }) => void) | null = null

  constructor(id: string) {
    this.id = id
  }

  send(...bytes: number[]): void {
    this.onmidimessage?.({ data: Uint8Array.from(bytes) })
  }
}

type FakeAccess = { inputs: Map<string, FakeInput>; onstatechange: (() => void) | null }

describe('Foot switches', () => {
  let access: FakeAccess
  let asked: number

  const connect = (id: string) => {
    const input = new FakeInput(id)
    access.inputs.set(id, input)
    access.onstatechange?.()
    return input
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve))

  function browserAnswers(answer: () => Promise<FakeAccess>): void {
    Object.defineProperty(navigator, 'requestMIDIAccess', {
      configurable: true,
      value: () => {
        asked++
        return answer()
      },
    })
  }

  beforeEach(() => {
    asked = 0
    access = { inputs: new Map(), onstatechange: null }
    browserAnswers(async () => access)
  })
  afterEach(() => {
    disableMidi()
    Reflect.deleteProperty(navigator, 'requestMIDIAccess')
    Reflect.deleteProperty(globalThis, 'isSecureContext')
  })

  test('play, pause and go back to the start of the loop, also at a device that is connected later', async () => {
    const { player } = openFakePlayer()
    assert.equal(asked, 0, 'only when the user has chosen it')
    await enableMidi(player)
    assert.deepEqual(midi.value, { kind: 'on', reason: 'No MIDI device is connected yet.' })
    const pedal = connect('pedal')
    assert.deepEqual(midi.value, { kind: 'on', reason: '' })
    pedal.send(0xb0, 64, 127)
    await settle()
    assert.equal(player.isOn.value, true)
    await player.seek(1, 20 * SAMPLE_RATE)
    pedal.send(0xc0, 5)
    assert.equal(player.position.value, 20 * SAMPLE_RATE)
    pedal.send(0xb3, 66, 127)
    await settle()
    assert.equal(player.position.value, 0)
    pedal.send(0xb0, 64, 0)
    pedal.send(0xb0, 64, 127)
    assert.equal(player.isOn.value, false)
  })

  test('do nothing after they were turned off', async () => {
    const { player } = openFakePlayer()
    await enableMidi(player)
    const pedal = connect('pedal')
    disableMidi()
    pedal.send(0xb0, 64, 127)
    await settle()
    assert.equal(player.isOn.value, false)
    assert.equal(midi.value.kind, 'off')
  })

  test('are refused by the user, or are not to be had, and the page says why', async () => {
    const { player } = openFakePlayer()
    browserAnswers(() => Promise.reject(new DOMException('', 'NotAllowedError')))
    await enableMidi(player)
    assert.equal(midi.value.kind, 'refused')
    assert.match(midi.value.reason, /Allow it/)
    Reflect.deleteProperty(navigator, 'requestMIDIAccess')
    await enableMidi(player)
    assert.deepEqual(midi.value, { kind: 'unavailable', reason: 'This browser knows no MIDI.' })
    Object.defineProperty(globalThis, 'isSecureContext', { value: false, configurable: true })
    await enableMidi(player)
    assert.match(midi.value.reason, /needs https/)
  })
})

describe('A MIDI message', () => {
  test('of a pedal that reports how far it is down gives one command for each press', () => {
    const commandOf = midiCommands()
    const values = [10, 63, 64, 90, 127, 80, 63, 0, 70]
    const kinds = values.map((value) => commandOf('pedal', Uint8Array.of(0xb0, 64, value))?.kind ?? '')
    assert.deepEqual(kinds, ['', '', 'toggle', '', '', '', '', '', 'toggle'])
    assert.equal(commandOf('another', Uint8Array.of(0xb0, 64, 127))?.kind, 'toggle')
  })

  test('of a pad gives a command when its note begins, and other notes and messages give none', () => {
    const commandOf = midiCommands()
    const kindOf = (...bytes: number[]) => commandOf('pad', Uint8Array.from(bytes))?.kind
    assert.deepEqual(
      [36, 37, 38, 39, 40].map((note) => kindOf(0x99, note, 100)),
      ['toggle', 'backToStart', 'loopStart', 'loopEnd', undefined],
    )
    assert.equal(kindOf(0x99, 36, 0), undefined, 'a note that ends')
    assert.equal(kindOf(0x89, 36, 64), undefined)
    assert.equal(kindOf(0xf8), undefined, 'the clock')
  })
})
