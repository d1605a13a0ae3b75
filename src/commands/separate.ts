import { existsSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { sum } from '../assemble/mix.ts'
import { LevelMeter } from '../audio/level.ts'
import { decode, type SoundFormat } from '../audio/media.ts'
import { SAMPLE_RATE, samplesOf } from '../audio/pcm.ts'
import { type Model, needsWholeSong } from '../models/description.ts'
import type { ShelvedModel } from '../models/shelf.ts'
import { Inference } from '../separate/inference.ts'
import type { OpenOptions } from '../separate/open-separator.ts'
import { messageOf, UserError } from '../song/errors.ts'
import type { SongLevel } from '../song/segment.ts'
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
  provider,
  graphsFolder,
  signal,
}: {
  options: SeparateOptions
  model: ShelvedModel
  /** Segments at once; a large model takes one at a time, with so many threads. */
  processors: number
  provider: OpenOptions['provider']
  graphsFolder: string
  signal: AbortSignal
}): Promise<number> {
  refuseUnknownStems(model, [...options.stems, ...options.minus])
  refuseSameOutputs(options)
  const isLarge = model.kind === 'waveform'
  const opening = { model, threads: isLarge ? processors : 1, provider, graphsFolder }
  const separators = await Promise.all(Array.from({ length: isLarge ? 1 : processors }, () => Inference.open(opening)))
  const note = separators[0]?.note
  if (note) process.stderr.write(`${model.name} ${note}.\n`)
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
  const level = needsWholeSong(model) ? await levelOf(song, stop) : null
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
    const stretches = separateStream({
      pcm: decoding.pcm,
      plan: model,
      grid: model.grid,
      level,
      separators,
      signal: stop,
    })
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

/** Decodes the song once more than it has to be, for its level. */
async function levelOf(song: string, signal: AbortSignal): Promise<SongLevel> {
  const meter = new LevelMeter()
  const { pcm } = decode({ path: song, maxSeconds: Number.POSITIVE_INFINITY, signal })
  for await (const block of pcm) meter.add(samplesOf(block))
  return meter.level()
}

function planOutputs(song: string, { folder, stems, minus, format }: SeparateOptions, model: Model): Output[] {
  const name = nameOf(song)
  const indexOf = (stem: string) => model.stems.indexOf(stem)
  const partsOf = (stem: string) => partsNamed(model, stem).map(indexOf)
  if (minus.length > 0) {
    const left = minus.flatMap((stem) => partsNamed(model, stem))
    const kept = model.stems.filter((stem) => !left.includes(stem))
    if (kept.length === 0) throw new UserError('Nothing is left without all stems.', { code: 'usage' })
    return [{ path: join(folder, `${name} (minus ${minus.join(', ')}).${format}`), stems: kept.map(indexOf) }]
  }
  const wanted = stems.length > 0 ? stems : model.stems
  return wanted.map((stem) => ({ path: join(folder, name, `${stem}.${format}`), stems: partsOf(stem) }))
}

/** The stems of the model behind a name: 'instrumental' is all but the voice, with any model. */
function partsNamed({ stems }: Model, name: string): string[] {
  if (stems.includes(name)) return [name]
  return name === 'instrumental' && stems.includes('vocals') ? stems.filter((stem) => stem !== 'vocals') : []
}

function nameOf(song: string): string {
  return basename(song, extname(song))
}

function refuseUnknownStems(model: Model, named: readonly string[]): void {
  const unknown = named.filter((stem) => partsNamed(model, stem).length === 0)
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
