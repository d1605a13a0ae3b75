import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { frameShares, gridOf } from '../../src/models/spectrogram-grid.ts'
import { hannWindow } from '../../src/separate/hann.ts'
import { Inference } from '../../src/separate/inference.ts'
import { inputGain } from '../../src/separate/input-gain.ts'
import { extendMask, softenMask } from '../../src/separate/mask.ts'
import type { Network } from '../../src/separate/onnx-network.ts'
import { separatorOf } from '../../src/separate/open-separator.ts'
import { bundledModel, type Engine, openEngine, separateWhole } from '../support/engine.ts'
import { makeSong } from '../support/songs.ts'

function spectrogramOf({ model }: Engine) {
  assert.ok(model.kind === 'spectrogram-mask')
  return model.spectrogram
}

describe('a separator of networks that give masks', () => {
  let engine: Engine
  before(async () => {
    engine = await openEngine()
  })

  test('two stems add up to the song at every sample, also where the song clips', async () => {
    const song = makeSong(23).map((value) => Math.max(-32_768, Math.min(32_767, value * 3)))
    const [vocals = [], rest = []] = await separateWhole(engine, song)
    for (let i = 0; i < song.length; i++) assert.equal((vocals[i] ?? 0) + (rest[i] ?? 0), song[i])
    assert.ok(song.includes(32_767), 'it is clipped')
  })

  test('four stems add up to the song, and the voice is the same as with two stems', async () => {
    const four = await openEngine('four-stems')
    const song = makeSong(23)
    const stems = await separateWhole(four, song)
    assert.deepEqual(four.model.stems, ['vocals', 'drums', 'bass', 'other'])
    for (let i = 0; i < song.length; i++)
      assert.equal(
        stems.reduce((sum, stem) => sum + (stem[i] ?? 0), 0),
        song[i],
      )
    const [voice] = await separateWhole(engine, song)
    assert.ok(voice?.every((value, i) => value === stems[0]?.[i]))
  })

  test('silence gives silence', async () => {
    for (const stem of await separateWhole(engine, new Int16Array(44_100 * 2 * 12)))
      assert.ok(stem.every((value) => value === 0))
  })

  test('a song of one sample, or of less than one frame, can be separated', async () => {
    for (const samples of [1, 700, 3_000]) {
      const song = makeSong(1).slice(0, samples * 2)
      const [vocals, rest] = await separateWhole(engine, song)
      assert.equal(vocals?.length, song.length)
      for (let i = 0; i < song.length; i++) assert.equal((vocals?.[i] ?? 0) + (rest?.[i] ?? 0), song[i])
    }
  })

  test('a mask of one gives the song itself at every sample, also at the borders of segments', async () => {
    const { model } = engine
    const everything: Network = {
      async run(inputs) {
        return { vocals: new Float32Array(inputs['magnitude']?.data.length ?? 0).fill(1) }
      },
      async close() {},
    }
    const separator = await separatorOf(model, [everything])
    const song = makeSong(25)
    const [vocals = []] = await separateWhole({ model, separator }, song)
    for (let i = 0; i < song.length; i++) {
      assert.ok(Math.abs((vocals[i] ?? 0) - (song[i] ?? 0)) <= 1, `value ${i}: ${vocals[i]} for ${song[i]}`)
    }
  })

  test('a cancelled segment does not reach the next network, and the segment after it is separated as usual', async () => {
    const model = await bundledModel('four-stems')
    const options = { model, threads: 2, provider: 'cpu', graphsFolder: '' } as const
    const inference = await Inference.open(options)
    const segment = { input: makeSong(5).slice(0, 2 * model.grid.inputSamples), index: 0, statistics: null }
    try {
      const whole = await inference.separate(segment)
      const stop = new AbortController()
      const cancelled = inference.separate(segment, stop.signal)
      stop.abort()
      await assert.rejects(cancelled, /cancelled/)
      assert.deepEqual(await inference.separate(segment, new AbortController().signal), whole)
      await assert.rejects(inference.separate(segment, AbortSignal.abort()), { name: 'AbortError' })
    } finally {
      await inference.close()
    }
  })

  test('the shares of two neighbouring segments add up to one at every frame', () => {
    const spectrogram = spectrogramOf(engine)
    const later = frameShares(spectrogram, false)
    const stride = spectrogram.frames - spectrogram.overlapFrames
    for (let frame = 0; frame < spectrogram.overlapFrames; frame++) {
      assert.equal((later[frame] ?? 0) + (later[stride + frame] ?? 0), 1)
    }
    assert.ok(
      frameShares(spectrogram, true)
        .subarray(0, stride)
        .every((share) => share === 1),
    )
  })

  test('at most two segments overlap in a block', () => {
    const { strideSamples, tailSamples, inputSamples } = gridOf(spectrogramOf(engine))
    assert.deepEqual({ strideSamples, inputSamples }, { strideSamples: 163_840, inputSamples: 199_680 })
    assert.ok(tailSamples < strideSamples)
  })

  test('the squares of the window add up to 1.5 at a hop of a quarter', () => {
    const window = hannWindow(4096)
    for (let i = 0; i < 1024; i++) {
      const sum = [0, 1, 2, 3].reduce((total, k) => total + (window[i + 1024 * k] ?? 0) ** 2, 0)
      assert.ok(Math.abs(sum - 1.5) < 1e-6)
    }
  })

  test('a segment is brought to -16 dBFS, within limits', () => {
    const level = (amplitude: number) => new Int16Array(1_000).fill(amplitude)
    assert.ok(Math.abs(inputGain(level(3_277)) - 10 ** (-16 / 20) / 0.1) < 0.001)
    assert.equal(inputGain(level(1)), 64)
    assert.equal(inputGain(level(32_767)), 0.25)
    assert.equal(inputGain(level(0)), 64)
  })

  test('a mask is softened, and filled above its last bin with its mean', () => {
    const mask = Float32Array.of(0, 0.5, 1, 0.8, 0, 0, 0, 0)
    softenMask(mask.subarray(0, 4))
    assert.deepEqual([...mask.subarray(0, 3)], [0, 0.5, 1])
    assert.ok(Math.abs((mask[3] ?? 0) - 1 / (1 + 0.25 ** 0.75)) < 1e-6)
    extendMask(mask, 4)
    const mean = [...mask.subarray(0, 4)].reduce((sum, value) => sum + value, 0) / 4
    assert.ok(mask.subarray(4).every((value) => Math.abs(value - mean) < 1e-6))
  })
})
