import { join } from 'node:path'
import { sum } from '../../assemble/mix.ts'
import { type Decoding, decode } from '../../audio/media.ts'
import { StatisticsMeter } from '../../audio/statistics-meter.ts'
import type { Model } from '../../models/description.ts'
import type { Separator } from '../../separate/separator.ts'
import { parseFileName } from '../../song/name-parts.ts'
import { CHANNELS, SAMPLE_RATE, samplesOf } from '../../song/pcm.ts'
import type { SongStatistics } from '../../song/segment.ts'
import { ProgressLine } from '../progress-line.ts'
import { openInput } from './open-input.ts'
import { OutputFile } from './output-file.ts'
import { outputFault } from './output-folder.ts'
import { separateStream } from './separate-stream.ts'
import { SongDraft } from './song-draft.ts'
import { type OutputChoice, refuseToOverwrite, type SongOutputs } from './song-outputs.ts'

export type SongOptions = Pick<OutputChoice, 'format'> & {
  /** The sound track of the file, from 1; null for the one that the decoder chooses. */
  soundTrack: number | null
  /** Whether files that exist are replaced. */
  force: boolean
  /** Whether standard output is for programs; then no progress is shown. */
  json: boolean
}

/** The result of one song, as `--json` prints it. */
export type Report = {
  song: string
  files: string[]
  seconds: number
  separatedIn: number
  warnings: string[]
  error: string | null
}

type Work = {
  output: SongOutputs
  options: SongOptions
  model: Model
  separators: readonly Separator[]
  signal: AbortSignal
}

/** Separates one song into its output files. All files appear together. If this throws, no file appears. */
export async function separateSong({ output, options, model, separators, signal }: Work): Promise<Report> {
  const startedAt = performance.now()
  const { folder } = output
  refuseToOverwrite(output, options.force)
  const stopping = new AbortController()
  const stop = AbortSignal.any([signal, stopping.signal])
  const work: Work = { output, options, model, separators, signal: stop }
  const draft = await writing(folder, SongDraft.open(folder))
  const files: OutputFile[] = []
  try {
    const path = await openInput({ song: output.song, spool: draft.spool, signal: stop })
    const source = { path, soundTrack: options.soundTrack, maxSeconds: Number.POSITIVE_INFINITY, signal: stop }
    const statistics = model.needsWholeSong ? await statisticsOf(decode(source)) : null
    const decoding = decode(source)
    await openFiles({ files, draft, decoding, work })
    const samples = await writeStems({ files, decoding, statistics, work })
    for (const file of files) await writing(folder, file.finish())
    const warnings = await decoding.warnings
    stop.throwIfAborted()
    await writing(folder, draft.publish({ mayReplace: options.force }))
    return {
      song: output.song.argument,
      files: output.files.map(({ name }) => join(folder, name)),
      seconds: samples / SAMPLE_RATE,
      separatedIn: (performance.now() - startedAt) / 1000,
      warnings,
      error: null,
    }
  } catch (error) {
    stopping.abort()
    // Faults of the clean-up are ignored: the report gives the reason why the song failed.
    for (const file of files) await file.close().catch(() => undefined)
    await draft.discard().catch(() => undefined)
    throw error
  }
}

/**
 * Opens an output file for each name. Adds each file to `files` before it is opened, so that the caller can close it after a
 * fault.
 */
async function openFiles({
  files,
  draft,
  decoding,
  work: { output, options, signal },
}: {
  files: OutputFile[]
  draft: SongDraft
  decoding: Decoding
  work: Work
}): Promise<void> {
  const { tags, picture } = await decoding.info
  const named = parseFileName(output.song.fileName)
  const completed = { ...tags, title: tags.title || named.title, artist: tags.artist || named.band }
  for (const { name } of output.files) {
    const path = draft.pathOf(name)
    const file = new OutputFile({ path, format: options.format, tags: completed, picture, signal })
    files.push(file)
    await writing(output.folder, file.open())
  }
}

/**
 * Separates the decoded song, and writes it block by block.
 * @returns the length of the song in samples
 */
async function writeStems({
  files,
  decoding,
  statistics,
  work: { output, options, model, separators, signal },
}: {
  files: readonly OutputFile[]
  decoding: Decoding
  statistics: SongStatistics | null
  work: Work
}): Promise<number> {
  const { announcedSeconds } = await decoding.info
  const progress = new ProgressLine({
    name: output.song.fileName,
    totalSeconds: announcedSeconds,
    isQuiet: options.json,
  })
  let samples = 0
  try {
    const blocks = separateStream({ pcm: decoding.pcm, plan: model, grid: model.grid, statistics, separators, signal })
    for await (const { song, stems } of blocks) {
      for (const [index, { stems: parts }] of output.files.entries()) {
        const chosen = parts.flatMap((part) => stems[part] ?? [])
        const sound = chosen.length === 1 && chosen[0] ? chosen[0] : sum(chosen, song.length)
        await writing(output.folder, files[index]?.write(sound) ?? Promise.resolve())
      }
      samples += song.length / CHANNELS
      progress.show(samples / SAMPLE_RATE)
    }
    return samples
  } finally {
    progress.end()
  }
}

/** Waits for a write. Throws its fault as a message that names the output folder. */
async function writing<T>(folder: string, write: Promise<T>): Promise<T> {
  return write.catch((error: unknown) => {
    throw outputFault(error, folder)
  })
}

/** Decodes a whole song for its statistics alone. */
async function statisticsOf({ pcm }: Decoding): Promise<SongStatistics> {
  const meter = new StatisticsMeter()
  for await (const block of pcm) meter.add(samplesOf(block))
  return meter.statistics()
}
