import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { decode } from '../../audio/media.ts'
import { StatisticsMeter } from '../../audio/statistics-meter.ts'
import type { Config } from '../../config.ts'
import { toMono16k } from '../../lyrics/timing/to-mono.ts'
import type { InstalledModels } from '../../models/installed-models.ts'
import { Inference } from '../../separate/inference.ts'
import { UserError } from '../../song/errors.ts'
import { CHANNELS, SAMPLE_RATE, samplesOf } from '../../song/pcm.ts'
import { voiceStem } from '../../song/plan.ts'
import { ProgressLine } from '../progress-line.ts'
import { openInput } from '../separate/open-input.ts'
import { separateStream } from '../separate/separate-stream.ts'

export type SeparationChoice = { model: string; processors: number; provider: Config['EXECUTION_PROVIDER'] }

/** The voice of a song: mono, 16 kHz, full scale 1. It takes 4 MB a minute. */
export async function separateVoice({
  song,
  models,
  separation: { model: name, processors, provider },
  signal,
}: {
  song: string
  models: InstalledModels
  separation: SeparationChoice
  signal: AbortSignal
}): Promise<Float32Array> {
  const model = models.find(name)
  const voice = voiceStem(model)
  if (voice === null)
    throw new UserError(`The model ${name} separates no voice. Choose another one by MODEL.`, { code: 'no-voice' })
  const folder = await mkdtemp(join(tmpdir(), 'minus-one-lyrics-'))
  const separators: Inference[] = []
  const progress = { line: null as ProgressLine | null }
  try {
    const fileName = basename(song)
    const path = await openInput({
      song: { argument: song, fileName, path: song },
      spool: join(folder, 'song'),
      signal,
    })
    const source = { path, soundTrack: null, maxSeconds: Number.POSITIVE_INFINITY, signal }
    const statistics = model.needsWholeSong ? await statisticsOf(source) : null
    const decoding = decode(source)
    const { announcedSeconds } = await decoding.info
    progress.line = new ProgressLine({ name: `voice of ${fileName}`, totalSeconds: announcedSeconds, isQuiet: false })
    const opening = { model, threads: model.isLarge ? processors : 1, provider, graphsFolder: folder }
    const count = model.isLarge ? 1 : processors
    separators.push(...(await Promise.all(Array.from({ length: count }, () => Inference.open(opening)))))
    const parts: Float32Array[] = []
    let samples = 0
    for await (const block of separateStream({
      pcm: decoding.pcm,
      plan: model,
      grid: model.grid,
      statistics,
      separators,
      signal,
    })) {
      parts.push(toMono16k(block.stems[model.stems.indexOf(voice)] ?? new Int16Array()))
      samples += block.song.length / CHANNELS
      progress.line.show(samples / SAMPLE_RATE)
    }
    return joined(parts)
  } finally {
    progress.line?.end()
    await Promise.all(separators.map((separator) => separator.close()))
    await rm(folder, { recursive: true, force: true })
  }
}

async function statisticsOf(source: Parameters<typeof decode>[0]) {
  const meter = new StatisticsMeter()
  for await (const bytes of decode(source).pcm) meter.add(samplesOf(bytes))
  return meter.statistics()
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
