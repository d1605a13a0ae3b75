import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'

const RECORDER = `
  registerProcessor('tape', class extends AudioWorkletProcessor {
    process([[left]]) {
      if (left) this.port.postMessage(left.slice())
      return true
    }
  })`

/**
 * Records what a page sends to its loudspeakers: a recorder in the audio thread hears every node that is connected to
 * the destination of an AudioContext, and misses nothing. Call this before
 * the page opens. The page needs `bypassCSP`.
 */
export async function insertTape(page: Page): Promise<void> {
  await page.addInitScript(`
    const connect = AudioNode.prototype.connect
    const worklet = Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, 'audioWorklet').get
    const recorders = new WeakMap()
    window.tape = []
    async function record(context) {
      await worklet.call(context).addModule(${JSON.stringify(`data:text/javascript,${encodeURIComponent(RECORDER)}`)})
      const recorder = new AudioWorkletNode(context, 'tape', { channelCount: 2, channelCountMode: 'explicit' })
      recorder.port.onmessage = ({ data }) => {
        window.tape.push(data)
        window.tape.isHeard ||= data.some((sample) => sample !== 0)
      }
      connect.call(recorder, context.destination)
      return recorder
    }
    AudioNode.prototype.connect = function (target, ...rest) {
      if (target instanceof AudioDestinationNode) {
        const { context } = this
        if (!recorders.has(context)) recorders.set(context, record(context))
        recorders.get(context).then((recorder) => connect.call(this, recorder))
      }
      return connect.call(this, target, ...rest)
    }`)
}

/** Whether there was sound since the last call of `playTape`; evaluate it in the page. */
export const IS_HEARD = 'window.tape.isHeard'

/** The left channel since the last call, in 16-bit steps. */
export async function playTape(page: Page): Promise<Float64Array> {
  const text = await page.evaluate<string>(`(() => {
    const blocks = window.tape.splice(0)
    window.tape.isHeard = false
    const all = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0))
    let at = 0
    for (const block of blocks) { all.set(block, at); at += block.length }
    const bytes = new Uint8Array(all.buffer)
    let text = ''
    for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768))
    return btoa(text)
  })()`)
  const bytes = Buffer.from(text, 'base64')
  return Float64Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i) * 32_768)
}

/** Removes the silence at both ends of a tape. */
export function trim(tape: Float64Array): Float64Array {
  const start = tape.findIndex((sample) => sample !== 0)
  const end = tape.findLastIndex((sample) => sample !== 0)
  return tape.slice(start, end + 1)
}

/** Finds the exact place of a tape in a song. Asserts that all of the tape but its ends equals the song. */
export function assertIsSong(tape: Float64Array, { song, around }: { song: Int16Array; around: number }): void {
  const fade = 300
  const expected = Math.round(around * 44_100)
  const probe = tape.subarray(fade, fade + 64)
  let found = -1
  for (let at = Math.max(0, expected - 20_000); at < expected + 20_000 && found < 0; at++) {
    if (probe.every((sample, i) => isSame(sample, song[2 * (at + i)]))) found = at
  }
  assert.notEqual(found, -1, 'what is heard is the song')
  for (let i = fade; i < tape.length - fade; i++) {
    if (!isSame(tape[i], song[2 * (found - fade + i)])) assert.fail(`sample ${i} of ${tape.length} differs`)
  }
}

/** Compares in 16-bit steps. Chromium adds about 1e-10 at the borders of blocks that are scheduled by time. */
function isSame(heard = 0, meant = 0): boolean {
  return Math.abs(heard - meant) < 1e-6
}
