import type { InstalledModel } from '../../models/installed-models.ts'
import { whyUnreadable } from '../../platform/file-faults.ts'
import { printableLine } from '../../platform/printable.ts'
import { Inference } from '../../separate/inference.ts'
import type { OpenOptions } from '../../separate/open-separator.ts'
import { messageOf } from '../../song/errors.ts'
import { print, printError, printJson } from '../terminal.ts'
import { listSongs } from './list-songs.ts'
import { OutputFolder } from './output-folder.ts'
import { type Report, type SongOptions, separateSong } from './separate-song.ts'
import { type OutputChoice, planOutputs, refuseStemsBesideMinus, refuseUnknownStems } from './song-outputs.ts'

export type SeparateOptions = OutputChoice &
  SongOptions & {
    /** Files, folders of files, or '-' for standard input. */
    songs: readonly string[]
  }

/**
 * Separates songs without a server. A song that fails is reported with its reason, and the next ones are separated.
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
  model: InstalledModel
  /** The number of segments that are separated at once. A large model separates one at a time, with this number of threads. */
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
    const { isLarge } = model
    const opening = { model, threads: isLarge ? processors : 1, provider, graphsFolder }
    separators.push(
      ...(await Promise.all(Array.from({ length: isLarge ? 1 : processors }, () => Inference.open(opening)))),
    )
    const note = separators[0]?.note
    if (note) printError(`${model.name} ${note}.`)
    for (const output of outputs) {
      const separating = separateSong({ output, options, model, separators, signal })
      const report = await separating.catch((error: unknown) => {
        signal.throwIfAborted()
        failed++
        return failureOf(output.song.argument, error)
      })
      printReport(report, options.json)
    }
  } finally {
    await Promise.all(separators.map((separator) => separator.close()))
    folder.close()
  }
  return failed
}

function failureOf(song: string, error: unknown): Report {
  const reason = whyUnreadable(error) ?? messageOf(error)
  return { song, files: [], seconds: 0, separatedIn: 0, warnings: [], error: reason }
}

function printReport(report: Report, asJson: boolean): void {
  if (asJson) {
    printJson(report)
    return
  }
  const song = printableLine(report.song)
  if (report.error !== null) printError(`${song}: ${report.error}`)
  for (const warning of report.warnings) printError(`${song}: ${warning}`)
  for (const file of report.files) print(printableLine(file))
}
