import { randomUUID } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import type { MediaPool } from '../audio/media/media-pool.ts'
import { WAV_HEADER_BYTES } from '../song/pcm.ts'
import { samplesInTempo } from '../song/practice-settings.ts'
import { mixBytes } from '../song/song-size.ts'
import type { CodedFormat } from '../song/sound-formats.ts'
import type { FaultMonitor } from '../store/data-folder/fault-monitor.ts'
import type { Quota } from '../store/data-folder/quota.ts'
import type { Database } from '../store/ledger/database.ts'
import { getSong } from '../store/queries/songs.ts'
import { type Folders, incomingFolder, renderedPath, soundPath } from '../store/song-files/paths.ts'
import type { StoredFile } from '../store/tables/files.ts'
import { practiceOf } from '../store/tables/mix-columns.ts'
import { SharedWork } from '../tasks/shared-work.ts'
import { encodeExport } from './write-export.ts'

const READ_BYTES = 1 << 18
/** Each export needs a process and a core. */
const CONCURRENT_RENDERINGS = 2
const MAX_RENDERINGS = 32
type ExportsOptions = { db: Database; folders: Folders; faults: FaultMonitor; quota: Quota; mediaPool: MediaPool }

/** Makes whole files of stems and mixes in formats other than WAV. */
export class Exports {
  readonly #options: ExportsOptions
  readonly #renderings = new SharedWork<string>({
    what: 'files',
    concurrency: CONCURRENT_RENDERINGS,
    maxWeight: MAX_RENDERINGS,
    weigh: null,
  })

  constructor(options: ExportsOptions) {
    this.#options = options
  }

  async render(file: StoredFile, format: CodedFormat, signal: AbortSignal): Promise<string> {
    const path = renderedPath(this.#options.folders, { songId: file.songId, fileId: file.id, format })
    if (existsSync(path)) return path
    const work = (stop: AbortSignal) => this.#encode({ file, format, path, signal: stop })
    return this.#renderings.get({ key: path, weight: 1, signal, work })
  }

  close(): Promise<void> {
    return this.#renderings.close()
  }

  async #encode({
    file: { id, songId, trackId, mix },
    format,
    path,
    signal,
  }: {
    file: StoredFile
    format: CodedFormat
    path: string
    signal: AbortSignal
  }): Promise<string> {
    const { db, folders, faults, mediaPool, quota } = this.#options
    const song = getSong(db, songId)
    if (!song) throw new Error(`Music[${songId}] was deleted while it was rendered.`)
    const samples = mix ? samplesInTempo(song.samples, practiceOf(mix).tempo) : song.samples
    const unfinished = `${incomingFolder(folders)}/${randomUUID()}`
    const wav = soundPath(folders, { id, songId, trackId })
    const stem = song.tracks.find((track) => track.id === trackId)?.stem
    const space = await quota.reserve('this file', mixBytes(samples))
    try {
      await encodeExport({ pcm: samplesIn(wav), song, stem, format, path: unfinished, folders, mediaPool, signal })
      await rename(unfinished, path)
      return path
    } finally {
      await faults.remove(unfinished)
      space.release()
    }
  }
}

/** What is in a WAV file that we wrote. It is opened when the first sample is read. */
async function* samplesIn(wav: string): AsyncGenerator<Buffer> {
  for await (const block of createReadStream(wav, { start: WAV_HEADER_BYTES, highWaterMark: READ_BYTES })) {
    yield block as Buffer
  }
}
