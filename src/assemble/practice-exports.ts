import { randomUUID } from 'node:crypto'
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { MediaPool } from '../audio/media/media-pool.ts'
import { wavHeader } from '../audio/wav.ts'
import { UserError } from '../song/errors.ts'
import { type Practice, samplesInTempo } from '../song/practice-settings.ts'
import { mixBytes } from '../song/song-size.ts'
import { type SoundFormat, STORED_FORMAT } from '../song/sound-formats.ts'
import type { FaultMonitor } from '../store/data-folder/fault-monitor.ts'
import type { Quota } from '../store/data-folder/quota.ts'
import type { Song } from '../store/queries/songs.ts'
import { type Folders, incomingFolder } from '../store/song-files/paths.ts'
import type { Mix } from '../store/tables/files.ts'
import { mixSound } from './mix-sound.ts'
import { encodeExport } from './write-export.ts'

/** Each takes a process that stretches, and one that encodes. */
const MAX_AT_ONCE = 2
const RETRY_AFTER_SECONDS = 10

/** A file that is made while it is sent, and its length in bytes. */
type ExportedFile = { bytes: number; content: AsyncGenerator<Buffer> }

/**
 * Makes the files of one listener's download in another key or tempo.
 * @param stem the stem that the mix is, for the title; undefined for a mix
 */
export type PracticeExport = (mix: Mix, stem: string | undefined) => Promise<ExportedFile>

type PracticeExportsOptions = {
  folders: Folders
  faults: Pick<FaultMonitor, 'remove'>
  quota: Pick<Quota, 'reserve'>
  mediaPool: MediaPool
}

/**
 * Makes stems and mixes in another key or tempo for one download each. They are not kept: WAV is made while it is sent, and a file
 * in another format lives until it is sent.
 */
export class PracticeExports {
  readonly #options: PracticeExportsOptions
  #running = 0

  constructor(options: PracticeExportsOptions) {
    this.#options = options
  }

  /**
   * Begins a download, and reserves room for one file at a time. Throws a UserError: busy, no-room, or too-long beyond the
   * length of a WAV file.
   * @param signal aborted when the download has ended
   */
  async open({
    song,
    practice,
    format,
    signal,
  }: {
    song: Song
    practice: Practice
    format: SoundFormat
    signal: AbortSignal
  }): Promise<PracticeExport> {
    const samples = samplesInTempo(song.samples, practice.tempo)
    if (format === STORED_FORMAT) wavHeader({ samples })
    if (this.#running >= MAX_AT_ONCE) throw busyError()
    this.#running++
    whenAborted(signal, () => this.#running--)
    if (format === STORED_FORMAT) return async (mix) => this.#openWav({ song, mix: { ...mix, ...practice }, signal })
    const room = await this.#options.quota.reserve('this file', mixBytes(samples))
    whenAborted(signal, () => room.release())
    return (mix, stem) => this.#encode({ song, mix: { ...mix, ...practice }, stem, format, signal })
  }

  #openWav({ song, mix, signal }: { song: Song; mix: Mix; signal: AbortSignal }): ExportedFile {
    const { samples, pcm } = mixSound({ ...this.#options, song, mix, signal })
    async function* content(): AsyncGenerator<Buffer> {
      yield wavHeader({ samples })
      yield* pcm
    }
    return { bytes: mixBytes(samples), content: content() }
  }

  async #encode({
    song,
    mix,
    stem,
    format,
    signal,
  }: {
    song: Song
    mix: Mix
    stem: string | undefined
    format: Exclude<SoundFormat, typeof STORED_FORMAT>
    signal: AbortSignal
  }): Promise<ExportedFile> {
    const { folders, faults, mediaPool } = this.#options
    const path = `${incomingFolder(folders)}/${randomUUID()}`
    let file: FileHandle | null = null
    try {
      const { pcm } = mixSound({ folders, song, mix, mediaPool, signal })
      await encodeExport({ pcm, song, stem, format, path, folders, mediaPool, signal })
      const { size } = await stat(path)
      file = await open(path, 'r')
      whenAborted(signal, () => void file?.close().catch(() => undefined))
      return { bytes: size, content: contentOf(file) }
    } finally {
      // The open file can be read until it is closed.
      await faults.remove(path)
    }
  }
}

async function* contentOf(file: FileHandle): AsyncGenerator<Buffer> {
  try {
    for await (const bytes of file.createReadStream({ highWaterMark: 1 << 18, autoClose: false })) yield bytes as Buffer
  } finally {
    await file.close()
  }
}

function whenAborted(signal: AbortSignal, end: () => void): void {
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
}

function busyError(): UserError {
  return new UserError(
    `The server is already making ${MAX_AT_ONCE} downloads in another key or tempo. Try again in ${RETRY_AFTER_SECONDS} seconds.`,
    { code: 'busy', retryAfterSeconds: RETRY_AFTER_SECONDS },
  )
}
