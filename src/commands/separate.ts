import { existsSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { sum } from '../assemble/mix.ts'
import { decode, type SoundFormat } from '../audio/media.ts'
import { SAMPLE_RATE } from '../audio/pcm.ts'
import type { Model } from '../separate/catalogue.ts'
import { Inference } from '../separate/inference.ts'
import { messageOf, UserError } from '../song/errors.ts'
import { OutputFile } from './output-file.ts'
import { ProgressLine } from './progress-line.ts'
import { separateStream } from './separate-stream.ts'

export type SeparateOptions = {
  songs: readonly string[]
  folder: string
  /** Stems to write, all when empty. */
  stems: readonly string[]
  /** Stems to leave out of one mix; empty: stems are written instead. */
  minus: readonly string[]
  format: SoundFormat
  force: boolean
  json: boolean
}

type Report = {
  song: string
  files: string[]
  seconds: number
  separatedIn: number
  warnings: string[]
  error: string | null
}

/** One file to write: which of the model's stems add up to it. */
type Output = { path: string; stems: number[] }

/**
 * Separates songs without a server. A song that fails is told with its reason, the others are done.
 * @returns how many songs failed
 */
export async function separateSongs({
  options,
  model,
  processors,
  signal,
}: {
  options: SeparateOptions
  model: Model
  /** Threads that separate, each a segment at a time. */
  processors: number
  signal: AbortSignal
}): Promise<number> {
  refuseUnknownStems(model, [...options.stems, ...options.minus])
  refuseSameOutputs(options)
  const separators = await Promise.all(Array.from({ length: processors }, () => Inference.open({ model, threads: 1 })))
  let failed = 0
  try {
    for (const song of options.songs) {
      const report = await separateSong({ song, options, model, separators, signal }).catch(
        (error: unknown): Report => {
          signal.throwIfAborted()
          failed++
          return { song, files: [], seconds: 0, separatedIn: 0, warnings: [], error: messageOf(error) }
        },
      )
      tell(report, options.json)
    }
  } finally {
    await Promise.all(separators.map((separator) => separator.close()))
  }
  return failed
}

async function separateSong({
  song,
  options,
  model,
  separators,
  signal,
}: {
  song: string
  options: SeparateOptions
  model: Model
  separators: readonly Inference[]
  signal: AbortSignal
}): Promise<Report> {
  const startedAt = performance.now()
  if (!existsSync(song)) throw new UserError('There is no such file.', { code: 'no-file' })
  const outputs = planOutputs(song, options, model)
  if (!options.force) refuseToOverwrite(outputs)
  const stopping = new AbortController()
  const stop = AbortSignal.any([signal, stopping.signal])
  const decoding = decode({ path: song, maxSeconds: Number.POSITIVE_INFINITY, signal: stop })
  const { tags, picture, announcedSeconds } = await decoding.info
  const files = outputs.map(({ path }) => {
    return new OutputFile({
      path,
      format: options.format,
      tags: { ...tags, title: tags.title || nameOf(song) },
      picture,
      signal: stop,
    })
  })
  const progress = new ProgressLine({ name: basename(song), totalSeconds: announcedSeconds, isQuiet: options.json })
  let samples = 0
  try {
    for (const file of files) await file.open()
    const stretches = separateStream({ pcm: decoding.pcm, plan: model, grid: model.grid, separators, signal: stop })
    for await (const { song: mix, stems } of stretches) {
      for (const [index, { stems: parts }] of outputs.entries()) {
        const chosen = parts.flatMap((part) => stems[part] ?? [])
        await files[index]?.write(chosen.length === 1 && chosen[0] ? chosen[0] : sum(chosen, mix.length))
      }
      samples += mix.length / 2
      progress.show(samples / SAMPLE_RATE)
    }
    for (const file of files) await file.finish()
    progress.end()
    return {
      song,
      files: outputs.map(({ path }) => path),
      seconds: samples / SAMPLE_RATE,
      separatedIn: (performance.now() - startedAt) / 1000,
      warnings: await decoding.warnings,
      error: null,
    }
  } catch (error) {
    progress.end()
    stopping.abort()
    for (const file of files) await file.discard()
    throw error
  }
}

function planOutputs(song: string, { folder, stems, minus, format }: SeparateOptions, model: Model): Output[] {
  const name = nameOf(song)
  const indexOf = (stem: string) => model.stems.indexOf(stem)
  if (minus.length > 0) {
    const kept = model.stems.filter((stem) => !minus.includes(stem))
    if (kept.length === 0) throw new UserError('Nothing is left without all stems.', { code: 'usage' })
    return [{ path: join(folder, `${name} (minus ${minus.join(', ')}).${format}`), stems: kept.map(indexOf) }]
  }
  const wanted = stems.length > 0 ? stems : model.stems
  return wanted.map((stem) => ({ path: join(folder, name, `${stem}.${format}`), stems: [indexOf(stem)] }))
}

function nameOf(song: string): string {
  return basename(song, extname(song))
}

function refuseUnknownStems(model: Model, named: readonly string[]): void {
  const unknown = named.filter((stem) => !model.stems.includes(stem))
  if (unknown.length === 0) return
  throw new UserError(`${model.name} has no stem '${unknown.join("', '")}'; it has ${model.stems.join(', ')}.`, {
    code: 'usage',
  })
}

function refuseSameOutputs({ songs }: SeparateOptions): void {
  const seen = new Map<string, string>()
  for (const song of songs) {
    const other = seen.get(nameOf(song))
    if (other)
      throw new UserError(`'${other}' and '${song}' would be written to the same place; run them apart.`, {
        code: 'usage',
      })
    seen.set(nameOf(song), song)
  }
}

function refuseToOverwrite(outputs: readonly Output[]): void {
  const existing = outputs.find(({ path }) => existsSync(path))
  if (!existing) return
  throw new UserError(`${existing.path} is there already; --force writes over it.`, { code: 'exists' })
}

function tell(report: Report, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(report)}\n`)
    return
  }
  if (report.error !== null) process.stderr.write(`${report.song}: ${report.error}\n`)
  for (const warning of report.warnings) process.stderr.write(`${report.song}: ${warning}\n`)
  for (const file of report.files) process.stdout.write(`${file}\n`)
}
