import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { writeModel } from '../support/onnx.ts'
import { allPids, memoryOf, parentOf, titleOf } from '../support/proc.ts'
import { makeLongSong } from '../support/real-songs.ts'
import { client, startSystem } from '../support/system.ts'
import { until } from '../support/wait.ts'

const LOOK_EVERY_MS = 200
const WITHIN_MS = 1_500_000
/** A worker that keeps half a mebibyte of each segment takes more. */
const MAX_GROWTH_MEBIBYTES = 40
const KINDS = ['serve', 'work', 'media'] as const
const STEMS = ['vocals', 'other']
/** A job of this model is as much sound as one of the bundled models. */
const MODEL_SAMPLES = 218_453

type Peaks = Record<(typeof KINDS)[number], number>

describe('Memory does not grow with the length of a song', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-memory-'))
    const gains = STEMS.map(() => 1 / STEMS.length)
    await writeModel(folder, { gains, samples: MODEL_SAMPLES, stems: STEMS, rows: STEMS })
  })
  after(() => rm(folder, { recursive: true, force: true }))

  test('An hour of real music needs the memory of a few segments in server, workers and decoders', async (context) => {
    const settings = { MODELS_DIR: folder, MODEL: 'tiny' }
    const peaks = await peaksOf({ context, minutes: 60, settings, kept: ['vocals'] })
    assertSteady(peaks, { serve: 250, work: 330, media: 250 })
  })

  test('A worker with the bundled model needs no more memory after twenty minutes than after ten', async (context) => {
    const peaks = await peaksOf({ context, minutes: 20, settings: {}, kept: ['instrumental'] })
    assertSteady(peaks, { serve: 250, work: 1_100, media: 250 })
  })

  /** Separates real music. Resolves to the peak memory in MiB of each kind of process at half of it and at its end. */
  async function peaksOf({
    context,
    minutes,
    settings,
    kept,
  }: {
    context: TestContext
    minutes: number
    settings: Record<string, string>
    kept: readonly string[]
  }): Promise<{ atHalf: Peaks; atEnd: Peaks }> {
    const song = join(folder, `${minutes}.mp3`)
    await makeLongSong(song, 60 * minutes)
    const system = await startSystem({ WORKERS_HEALTHY: '2', ...settings })
    const peaks: Peaks = { serve: 0, work: 0, media: 0 }
    const looking = setInterval(() => look(peaks, system.child.pid ?? 0), LOOK_EVERY_MS)
    try {
      const api = client(system.url)
      const { music_id: id } = await api.upload(await readFile(song), 'long.mp3')
      await api.keep(id, kept)
      const isHalfDone = async () => {
        const { done, total } = (await api.progress(id)).chunks
        return total > 0 && done >= total / 2
      }
      await until('half of the song is separated', isHalfDone, { timeoutMs: WITHIN_MS, everyMs: LOOK_EVERY_MS })
      const atHalf = { ...peaks }
      const { final = '', seconds, chunks } = await api.ready(id, WITHIN_MS)
      const flac = await fetch(`${final}?format=flac`)
      for await (const _ of flac.body ?? []);
      context.diagnostic(`${chunks.total} segments in ${seconds} s; peaks in MiB: ${JSON.stringify({ atHalf, peaks })}`)
      return { atHalf, atEnd: peaks }
    } finally {
      clearInterval(looking)
      await system.remove()
    }
  }
})

function assertSteady({ atHalf, atEnd }: { atHalf: Peaks; atEnd: Peaks }, most: Peaks): void {
  for (const kind of KINDS) {
    assert.ok(atEnd[kind] > 20, `a process '${kind}' was seen`)
    assert.ok(atEnd[kind] <= most[kind], `${kind}: ${atEnd[kind]} MiB`)
  }
  const grown = atEnd.work - atHalf.work
  assert.ok(grown <= MAX_GROWTH_MEBIBYTES, `a worker took ${grown} MiB more for the second half of the song`)
}

/** Notes the peak memory (VmHWM) of the server's process and of all below it, by their titles. */
function look(peaks: Peaks, server: number): void {
  const isOurs = (pid: number | null): boolean => pid === server || (pid !== null && pid > 1 && isOurs(parentOf(pid)))
  for (const pid of allPids()) {
    const kind = KINDS.find((each) => titleOf(pid).startsWith(`minus-one ${each}`))
    if (kind && isOurs(pid)) peaks[kind] = Math.max(peaks[kind], Math.round((memoryOf(pid, 'VmHWM') ?? 0) / 2 ** 20))
  }
}
