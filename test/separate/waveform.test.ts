import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { StatisticsMeter } from '../../src/audio/statistics-meter.ts'
import { tryModel } from '../../src/commands/models/try-model.ts'
import { InstalledModels } from '../../src/models/installed-models.ts'
import { openSeparator } from '../../src/separate/open-separator.ts'
import { type Engine, separateWhole } from '../support/engine.ts'
import { gainGraph, writeModel } from '../support/onnx.ts'
import { makeSong } from '../support/songs.ts'

describe('a separator of networks that take samples', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-waveform-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function open(options: Parameters<typeof writeModel>[1] = {}): Promise<Engine> {
    await writeModel(folder, options)
    const model = (await InstalledModels.open([folder])).find(options.name ?? 'tiny')
    return {
      model,
      separator: (await openSeparator({ model, threads: 1, provider: 'cpu', graphsFolder: join(folder, 'graphs') }))
        .separator,
    }
  }

  function statisticsOf(song: Int16Array) {
    const meter = new StatisticsMeter()
    meter.add(song)
    return meter.statistics()
  }

  test('gives each stem its share at every sample, also at the borders of segments, and the stems add up to the song', async () => {
    const engine = await open()
    const song = makeSong(9.3)
    const statistics = statisticsOf(song)
    const stems = await separateWhole(engine, song, statistics)
    // Every stem is given the song's mean, as the models were trained.
    const most = 2 + 3 * Math.abs(statistics.mean) * 32_768
    const shares = { vocals: 0.125, drums: 0.5, bass: 0.25, other: 0.125 }
    for (let i = 0; i < song.length; i++) {
      assert.equal(
        stems.reduce((sum, stem) => sum + (stem[i] ?? 0), 0),
        song[i],
      )
    }
    for (const [index, share] of Object.values(shares).entries()) {
      const worst = song.reduce(
        (highest, value, i) => Math.max(highest, Math.abs((stems[index]?.[i] ?? 0) - share * value)),
        0,
      )
      assert.ok(worst <= most, `${Object.keys(shares)[index]} is off by ${worst}`)
    }
  })

  test('silence gives silence', async () => {
    const song = new Int16Array(2 * 44_100 * 3)
    for (const stem of await separateWhole(await open(), song, statisticsOf(song)))
      assert.ok(stem.every((value) => value === 0))
  })

  test('the statistics of a song do not depend on how it is cut into blocks', () => {
    const song = makeSong(7)
    const whole = statisticsOf(song)
    const pieces = new StatisticsMeter()
    for (let start = 0; start < song.length; start += 14_002) pieces.add(song.subarray(start, start + 14_002))
    assert.deepEqual(pieces.statistics(), whole)
    const mono = Array.from(
      { length: song.length / 2 },
      (_, i) => ((song[2 * i] ?? 0) + (song[2 * i + 1] ?? 0)) / 2 / 32_768,
    )
    const mean = mono.reduce((sum, value) => sum + value, 0) / mono.length
    const variance = mono.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (mono.length - 1)
    assert.ok(Math.abs(whole.mean - mean) < 1e-12)
    assert.ok(Math.abs(whole.deviation - Math.sqrt(variance)) < 1e-12)
  })

  test('a file that is no network, has other shapes or answers with NaN is refused with the reason', async () => {
    const tryOne = async (name: string, graph: Uint8Array) => {
      await writeModel(folder, { name, graph })
      const model = (await InstalledModels.open([folder])).find(name)
      return tryModel({ model, threads: 1, provider: 'cpu', graphsFolder: join(folder, 'graphs') })
    }
    await assert.rejects(tryOne('noise', new Uint8Array(5_000).fill(7)), /gains\.onnx is refused: it is not ONNX/)
    await assert.rejects(tryOne('empty', new Uint8Array(1)), /is refused: it is not ONNX/)
    await assert.rejects(tryOne('three', gainGraph([1, 1, 1], 44_100)), /has the wrong shape/)
    await assert.rejects(tryOne('longer', gainGraph([1, 1, 1, 1], 50_000)), /it does not run/)
    await assert.rejects(tryOne('nan', gainGraph([1, Number.NaN, 1, 1], 44_100)), /values that are not sound/)
    const trial = await tryOne('good', gainGraph([1, 0, 0, 0], 44_100))
    assert.ok(trial.secondsPerSegment > 0 && trial.memoryMb > 10)
  })
})
