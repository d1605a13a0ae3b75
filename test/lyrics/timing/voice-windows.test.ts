import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { toMono16k } from '../../../src/lyrics/timing/to-mono.ts'
import { VoiceLevels } from '../../../src/lyrics/timing/voice.ts'
import { voiceWindows } from '../../../src/lyrics/timing/voice-windows.ts'
import { afterShare, voicedTime } from '../../../src/lyrics/timing/voiced-time.ts'
import { MAX_TASK_SECONDS, TASK_SAMPLE_RATE } from '../../../src/song/lyrics-task.ts'

/** A voice that sings phrases of 4 s with pauses of 1 s, in [from, to) of the song. */
function voice(seconds: number, [from, to]: readonly [number, number] = [0, seconds]): Float32Array {
  return Float32Array.from({ length: seconds * TASK_SAMPLE_RATE }, (_, i) => {
    const second = i / TASK_SAMPLE_RATE
    const sings = second >= from && second < to && second % 5 < 4
    return sings ? 0.3 * Math.sin(i * 0.1) : 1e-5 * Math.sin(i)
  })
}
function levelsOf(samples: Float32Array, piece = samples.length): VoiceLevels {
  const levels = new VoiceLevels()
  for (let at = 0; at < samples.length; at += piece) levels.push(samples.subarray(at, at + piece))
  return levels
}

describe('the windows of a voice', () => {
  test('are at most 29 s long, follow each other, and are cut in pauses', () => {
    const windows = voiceWindows(levelsOf(voice(120)), true)
    assert.ok(windows.length >= 5)
    for (const [i, { startMs, endMs }] of windows.entries()) {
      assert.ok(endMs - startMs <= MAX_TASK_SECONDS * 1_000)
      const next = windows[i + 1]
      if (!next) continue
      assert.ok(next.startMs >= endMs)
      assert.ok(endMs % 5_000 >= 4_000, `cut at ${endMs} ms, in a phrase`)
    }
    assert.ok((windows.at(-1)?.endMs ?? 0) >= 119_000)
  })

  test('begin when somebody sings, and are none without a voice', () => {
    const [first] = voiceWindows(levelsOf(voice(60, [30, 50])), true)
    assert.ok((first?.startMs ?? 0) > 29_000)
    assert.deepEqual(voiceWindows(levelsOf(voice(60, [0, 0])), true), [])
    assert.deepEqual(voiceWindows(new VoiceLevels(), true), [])
  })

  test('stay the same when more of the voice arrives, and however it arrives', () => {
    const whole = voice(100)
    const all = voiceWindows(levelsOf(whole), true)
    assert.deepEqual(voiceWindows(levelsOf(whole, 12_345), true), all)
    for (const seconds of [10, 29, 35, 60, 99]) {
      const early = voiceWindows(levelsOf(whole.subarray(0, seconds * TASK_SAMPLE_RATE)), false)
      assert.deepEqual(early, all.slice(0, early.length), `after ${seconds} s`)
    }
    assert.ok(voiceWindows(levelsOf(whole.subarray(0, 35 * TASK_SAMPLE_RATE)), false).length > 0)
  })
})

describe('the time in which somebody sings', () => {
  test('passes only there: half of it is in the middle of the singing', () => {
    const voiced = voicedTime(levelsOf(voice(40, [10, 19])))
    assert.ok(Math.abs(voiced.firstMs - 10_000) < 100 && Math.abs(voiced.lastMs - 18_990) < 100)
    // Two phrases of 4 s: the second quarter ends in the pause.
    assert.ok(Math.abs(afterShare(voiced, [0, 40_000], 0.25) - 12_000) < 200)
    assert.ok(Math.abs(afterShare(voiced, [0, 40_000], 0.75) - 17_000) < 200)
  })

  test('is an even share where nobody sings', () => {
    assert.equal(afterShare(voicedTime(levelsOf(voice(40, [10, 19]))), [25_000, 35_000], 0.5), 30_000)
  })
})

describe('the voice for the network', () => {
  test('is the mean of both channels, with its level and its pitch', () => {
    const stereo = Int16Array.from({ length: 2 * 44_100 }, (_, i) => {
      const wave = 16_384 * Math.sin((2 * Math.PI * 440 * (i >> 1)) / 44_100)
      return i % 2 === 0 ? wave : wave / 2
    })
    const mono = toMono16k(stereo)
    assert.equal(mono.length, 16_000)
    for (let i = 200; i < 15_800; i++) {
      const expected = 0.375 * Math.sin((2 * Math.PI * 440 * i) / 16_000)
      assert.ok(Math.abs((mono[i] ?? 0) - expected) < 2e-3, `sample ${i}`)
    }
  })

  test('has nothing of what is above 8 kHz', () => {
    const high = Int16Array.from(
      { length: 2 * 44_100 },
      (_, i) => 16_384 * Math.sin((2 * Math.PI * 10_000 * (i >> 1)) / 44_100),
    )
    // Where it begins and ends it is no tone.
    assert.ok(
      toMono16k(high)
        .subarray(200, -200)
        .every((sample) => Math.abs(sample) < 5e-3),
    )
  })
})
