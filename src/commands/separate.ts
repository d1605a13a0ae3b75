import { join } from 'node:path'
import { sum } from '../assemble/mix.ts'
import { LevelMeter } from '../audio/level.ts'
import { decode } from '../audio/media.ts'
import { SAMPLE_RATE, samplesOf } from '../audio/pcm.ts'
import { type Model, needsWholeSong } from '../models/description.ts'
import type { ShelvedModel } from '../models/shelf.ts'
import { Inference } from '../separate/inference.ts'
import type { OpenOptions } from '../separate/open-separator.ts'
import { messageOf } from '../song/errors.ts'
import { whyUnreadable } from '../song/file-faults.ts'
import { parseFileName } from '../song/name-parts.ts'
import { printableLine } from '../song/printable.ts'
import type { SongLevel } from '../song/segment.ts'
import { listSongs } from './list-songs.ts'
import { openInput } from './open-input.ts'
import { OutputFile } from './output-file.ts'
import { OutputFolder, outputFault } from './output-folder.ts'
import { ProgressLine } from './progress-line.ts'
import { separateStream } from './separate-stream.ts'
import { SongDraft } from './song-draft.ts'
import {
  type OutputChoice,
  planOutputs,
  refuseStemsBesideMinus,
  refuseToOverwrite,
  refuseUnknownStems,
  type SongOutputs,
} from './song-outputs.ts'
import { print, printError, printJson } from './terminal.ts'

export type SeparateOptions = OutputChoice & {
  /** Files, folders of files, or '-' for standard input. */
  songs: readonly string[]
  /** Which sound track of the files, from 1; null for the one that the decoder chooses. */
  track: number | null
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
  refuseStemsBesideMinus(options)
  refuseUnknownStems(model, options)
  const songs = await listSongs(options.songs, options.folder)
  const outputs = planOutputs({ songs, choice: options, model })
  const folder = await OutputFolder.open(options.folder)
  const separators: Inference[] = []
  let failed = 0
  try {
    const isLarge = model.kind === 'waveform'
    const opening = { model, threads: isLarge ? processors : 1, provider, graphsFolder }
    separators.push(
      ...(await Promise.all(Array.from({ length: isLarge ? 1 : processors }, () => Inference.open(opening)))),
    )
    const note = separators[0]?.note
    if (note) printError(`${model.name} ${note}.`)
    for (const output of outputs) {
      const report = await separateSong({ output, options, model, separators, signal }).catch(
        (error: unknown): Report => {
          signal.throwIfAborted()
          failed++
          return {
            song: output.song.argument,
            files: [],
            seconds: 0,
            separatedIn: 0,
            warnings: [],
            error: whyUnreadable(error) ?? messageOf(error),
          }
        },
      )
      tell(report, options.json)
    }
  } finally {
    await Promise.all(separators.map((separator) => separator.close()))
    folder.close()
  }
  return failed
}

async function separateSong({
  output,
  options,
  model,
  separators,
  signal,
}: {
  output: SongOutputs
  options: SeparateOptions
  model: Model
  separators: readonly Inference[]
  signal: AbortSignal
}): Promise<Report> {
  const startedAt = performance.now()
  const { argument, fileName } = output.song
  const { track } = options
  refuseToOverwrite(output, options.force)
  const stopping = new AbortController()
  const stop = AbortSignal.any([signal, stopping.signal])
  const written = async <T>(work: Promise<T>): Promise<T> => {
    return work.catch((error: unknown) => {
      throw outputFault(error, output.folder)
    })
  }
  const draft = await written(SongDraft.open(output.folder))
  const files: OutputFile[] = []
  let progress: ProgressLine | null = null
  try {
    const path = await openInput({ song: output.song, spool: draft.spool, signal: stop })
    const level = needsWholeSong(model) ? await levelOf({ path, track, signal: stop }) : null
    const decoding = decode({ path, track, maxSeconds: Number.POSITIVE_INFINITY, signal: stop })
    const { tags, picture, announcedSeconds } = await decoding.info
    const named = parseFileName(fileName)
    const own = { ...tags, title: tags.title || named.title, artist: tags.artist || named.band }
    for (const { name } of output.files) {
      const file = new OutputFile({
        path: draft.pathOf(name),
        format: options.format,
        tags: own,
        picture,
        signal: stop,
      })
      files.push(file)
      await written(file.open())
    }
    progress = new ProgressLine({ name: fileName, totalSeconds: announcedSeconds, isQuiet: options.json })
    let samples = 0
    const blocks = separateStream({
      pcm: decoding.pcm,
      plan: model,
      grid: model.grid,
      level,
      separators,
      signal: stop,
    })
    for await (const { song: mix, stems } of blocks) {
      for (const [index, { stems: parts }] of output.files.entries()) {
        const chosen = parts.flatMap((part) => stems[part] ?? [])
        const sound = chosen.length === 1 && chosen[0] ? chosen[0] : sum(chosen, mix.length)
        await written(files[index]?.write(sound) ?? Promise.resolve())
      }
      samples += mix.length / 2
      progress.show(samples / SAMPLE_RATE)
    }
    for (const file of files) await written(file.finish())
    const warnings = await decoding.warnings
    stop.throwIfAborted()
    await written(draft.publish({ mayReplace: options.force }))
    return {
      song: argument,
      files: output.files.map(({ name }) => join(output.folder, name)),
      seconds: samples / SAMPLE_RATE,
      separatedIn: (performance.now() - startedAt) / 1000,
      warnings,
      error: null,
    }
  } catch (error) {
    stopping.abort()
    // What is reported is why the song failed, not what came of it.
    for (const file of files) await file.close().catch(() => undefined)
    await draft.discard().catch(() => undefined)
    throw error
  } finally {
    progress?.end()
  }
}

/** Decodes the song once more than it has to be, for its level. */
async function levelOf({
  path,
  track,
  signal,
}: {
  path: string
  track: number | null
  signal: AbortSignal
}): Promise<SongLevel> {
  const meter = new LevelMeter()
  const { pcm } = decode({ path, track, maxSeconds: Number.POSITIVE_INFINITY, signal })
  for await (const block of pcm) meter.add(samplesOf(block))
  return meter.level()
}

function tell(report: Report, json: boolean): void {
  if (json) {
    printJson(report)
    return
  }
  const song = printableLine(report.song)
  if (report.error !== null) printError(`${song}: ${report.error}`)
  for (const warning of report.warnings) printError(`${song}: ${warning}`)
  for (const file of report.files) print(printableLine(file))
}
