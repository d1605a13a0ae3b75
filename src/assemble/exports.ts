import { randomUUID } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import pLimit from 'p-limit'
import { BlockEncoderProcess } from '../audio/media/block-encoder-process.ts'
import type { MediaPool } from '../audio/media/media-pool.ts'
import { openEncoder } from '../audio/media.ts'
import { SAMPLE_RATE, WAV_HEADER_BYTES } from '../song/pcm.ts'
import { mixBytes } from '../song/song-size.ts'
import type { CodedFormat } from '../song/sound-formats.ts'
import type { FaultMonitor } from '../store/data-folder/fault-monitor.ts'
import type { Quota } from '../store/data-folder/quota.ts'
import type { Database } from '../store/ledger/database.ts'
import { jobOfSegment } from '../store/queries/jobs.ts'
import { expectedSamples, getSong, type Song } from '../store/queries/songs.ts'
import { readExisting, readRange } from '../store/song-files/file-ranges.ts'
import { coverPath, type Folders, incomingFolder, mixPath, renderedPath, stemPath } from '../store/song-files/paths.ts'
import type { StoredFile } from '../store/tables/files.ts'
import { SharedWork } from '../tasks/shared-work.ts'
import { blockBytes } from './overlap-add.ts'
import { readPeaks } from './waveform-peaks.ts'

/** While one block is encoded the next one is read. More would only use memory. */
const CONCURRENT_BLOCKS = 2
/**
 * The limit for blocks that are requested, sent or cached: two minutes of four stems, or a hundred waiting blocks. A player
 * that repeats a part, or another listener, gets its blocks from the cache.
 */
const MAX_BLOCK_BYTES = 64 << 20
/** Each export needs a process and a core. */
const CONCURRENT_RENDERINGS = 2
const MAX_RENDERINGS = 32
/** Each read takes 2 MB for a song of three hours. */
const CONCURRENT_PEAK_READS = 4

type ExportsOptions = { db: Database; folders: Folders; faults: FaultMonitor; quota: Quota; mediaPool: MediaPool }

/** Makes what is fetched of a song: blocks as FLAC, waveforms, and whole files in formats other than WAV. */
export class Exports {
  readonly #options: ExportsOptions
  readonly #encoder: BlockEncoderProcess
  readonly #blocks = new SharedWork<Buffer>({
    what: 'blocks',
    concurrency: CONCURRENT_BLOCKS,
    maxWeight: MAX_BLOCK_BYTES,
    weigh: (flac) => flac.length,
  })
  readonly #renderings = new SharedWork<string>({
    what: 'files',
    concurrency: CONCURRENT_RENDERINGS,
    maxWeight: MAX_RENDERINGS,
    weigh: null,
  })
  readonly #readingPeaks = pLimit(CONCURRENT_PEAK_READS)

  constructor(options: ExportsOptions) {
    this.#options = options
    this.#encoder = new BlockEncoderProcess({ folder: incomingFolder(options.folders), mediaPool: options.mediaPool })
  }

  async block({
    song,
    trackId,
    segment,
    signal,
  }: {
    song: Song
    trackId: number
    segment: number
    signal: AbortSignal
  }): Promise<Buffer | null> {
    const { db, folders } = this.#options
    const sha256 = jobOfSegment(db, { songId: song.id, segment })?.blockSha256
    if (!sha256) return null
    const { start, length } = blockBytes(song.plan.grid, segment, song.soundEndSample)
    const path = stemPath(folders, { songId: song.id, trackId })
    const work = async (): Promise<Buffer> => {
      const pcm = await readRange(path, WAV_HEADER_BYTES + start, length)
      if (pcm === null) throw new BlockGone(`Music[${song.id}]: block ${segment} is not in ${path}.`)
      return this.#encoder.encode(pcm)
    }
    // The key contains the hash, so a block that was separated again is encoded again unless its samples are equal.
    const block = this.#blocks.get({ key: `${trackId} ${segment} ${sha256}`, weight: length, signal, work })
    return block.catch((error: unknown) => {
      if (error instanceof BlockGone) return null
      throw error
    })
  }

  peaks(
    song: Song,
    { bins, from, to }: { bins: number; from: number; to?: number | undefined },
  ): Promise<Map<number, number[]>> {
    const end = to === undefined ? expectedSamples(song) : to * SAMPLE_RATE
    const part = { folders: this.#options.folders, song, start: from * SAMPLE_RATE, end, bins }
    return this.#readingPeaks(() => readPeaks(part))
  }

  /** Prepares processes, because somebody is about to add songs or fetch blocks. */
  expectListener(): void {
    this.#options.mediaPool.warmUp()
    this.#options.faults.guard(() => void this.#encoder.wake())
  }

  async render(file: StoredFile, format: CodedFormat, signal: AbortSignal): Promise<string> {
    const path = renderedPath(this.#options.folders, { songId: file.songId, fileId: file.id, format })
    if (existsSync(path)) return path
    const work = (stop: AbortSignal) => this.#encode({ file, format, path, signal: stop })
    return this.#renderings.get({ key: path, weight: 1, signal, work })
  }

  async close(): Promise<void> {
    await this.#renderings.close()
    this.#encoder.close()
  }

  async #encode({
    file: { id, songId, trackId },
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
    const space = await quota.reserve('this file', mixBytes(song.samples))
    const unfinished = `${incomingFolder(folders)}/${randomUUID()}`
    const wav = trackId === null ? mixPath(folders, { songId, fileId: id }) : stemPath(folders, { songId, trackId })
    const stem = song.tracks.find((track) => track.id === trackId)?.stem
    const title = stem ? `${song.title} (${stem})` : song.title
    const picture = song.cover && (await readExisting(coverPath(folders, songId)))
    try {
      const encoder = openEncoder({
        path: unfinished,
        format,
        tags: { title, artist: song.band, album: song.album },
        picture: song.cover && picture ? { mime: song.cover, bytes: picture } : null,
        mediaPool,
        signal,
      })
      for await (const block of createReadStream(wav, { start: WAV_HEADER_BYTES, highWaterMark: 1 << 18 })) {
        await encoder.write(block as Buffer)
      }
      await encoder.finish()
      await rename(unfinished, path)
      return path
    } finally {
      await faults.remove(unfinished)
      space.release()
    }
  }
}

/** Thrown if a stem is shorter than the ledger says. The client is told to ask again. */
class BlockGone extends Error {
  override name = 'BlockGone'
}
