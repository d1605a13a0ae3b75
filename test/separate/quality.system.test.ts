import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sdrDb } from '../support/bss-eval.ts'
import { openEngine, separateWhole } from '../support/engine.ts'
import { type KnownSong, knownSong } from '../support/stempeg.ts'

/** dB of SDR that each bundled model must reach on the one short song that everybody can fetch. */
const LEAST = {
  'spleeter-2stems': { vocals: 4.5, instrumental: 11.6 },
  'four-stems': { vocals: 4.6, drums: 6.3, bass: 4.2, other: 2.3 },
} satisfies Record<string, Partial<Record<keyof KnownSong['stems'], number>>>

describe('the bundled models on six seconds of real music whose parts are known', () => {
  for (const [name, least] of Object.entries(LEAST)) {
    const wanted = Object.entries(least).map(([stem, decibels]) => `${stem} ${decibels}`)
    test(`${name} gives at least ${wanted.join(', ')} dB, however loud the song is`, async () => {
      const engine = await openEngine(name)
      const measure = async (quieterDb: number): Promise<Map<string, number>> => {
        const { mix, stems } = await knownSong(quieterDb)
        const found = await separateWhole(engine, mix)
        return new Map(
          engine.model.stems.map((stem, i) => [stem, sdrDb(stems[stem as keyof typeof stems], found[i] ?? [])]),
        )
      }
      const loud = await measure(0)
      const quiet = await measure(20)
      for (const [stem, decibels] of Object.entries(least)) {
        const reached = loud.get(stem) ?? 0
        assert.ok(reached >= decibels, `${stem} ${reached.toFixed(2)} dB`)
        assert.ok(
          Math.abs((quiet.get(stem) ?? 0) - reached) < 0.1,
          `${stem}, 20 dB quieter: ${quiet.get(stem)?.toFixed(2)}`,
        )
      }
    })
  }
})
