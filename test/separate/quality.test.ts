import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { type Engine, openEngine, separateWhole } from '../support/engine.ts'
import { knownSong, sdrDb } from '../support/stempeg.ts'

describe('the bundled model on six seconds of real music whose parts are known', () => {
  let engine: Engine
  before(async () => {
    engine = await openEngine()
  })

  async function measure(quieterDb: number): Promise<{ vocals: number; instrumental: number }> {
    const { mix, vocals, instrumental } = await knownSong(quieterDb)
    const [voice = [], rest = []] = await separateWhole(engine, mix)
    return { vocals: sdrDb(vocals, voice), instrumental: sdrDb(instrumental, rest) }
  }

  test('gives at least 4.5 dB for the voice and 11.6 dB for the rest, however loud the song is', async () => {
    const loud = await measure(0)
    assert.ok(loud.vocals >= 4.5, `vocals ${loud.vocals.toFixed(2)} dB`)
    assert.ok(loud.instrumental >= 11.6, `instrumental ${loud.instrumental.toFixed(2)} dB`)
    const quiet = await measure(20)
    assert.ok(Math.abs(quiet.vocals - loud.vocals) < 0.1, `20 dB quieter: ${quiet.vocals.toFixed(2)} dB`)
    assert.ok(Math.abs(quiet.instrumental - loud.instrumental) < 0.1)
  })
})
