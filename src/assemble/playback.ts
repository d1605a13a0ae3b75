import pLimit from 'p-limit'
import { BlockEncoderProcess } from '../audio/media/block-encoder-process.ts'
import type { MediaPool } from '../audio/media/media-pool.ts'
import { SAMPLE_RATE, WAV_HEADER_BYTES } from '../song/pcm.ts'
import type { FaultMonitor } from '../store/data-folder/fault-monitor.ts'
import type { Database } from '../store/ledger/database.ts'
import { jobOfSegment } from '../store/queries/jobs.ts'
import { expectedSamples, type Song } from '../store/queries/songs.ts'
import { readRange } from '../store/song-files/file-ranges.ts'
import { type Folders, incomingFolder, stemPath } from '../store/song-files/paths.ts'
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
/** Each read takes 2 MB for a song of three hours. */
const CONCURRENT_PEAK_READS = 4

type PlaybackOptions = { db: Database; folders: Folders; faults: FaultMonitor; mediaPool: MediaPool }

/** What a player fetches of a song while it is separated: blocks as FLAC, and waveforms. */
export class Playback {
  readonly #options: PlaybackOptions
  readonly #encoder: BlockEncoderProcess
  readonly #blocks = new SharedWork<Buffer>({
    what: 'blocks',
    concurrency: CONCURRENT_BLOCKS,
    maxWeight: MAX_BLOCK_BYTES,
    weigh: (flac) => flac.length,
  })
  readonly #readingPeaks = pLimit(CONCURRENT_PEAK_READS)

  constructor(options: PlaybackOptions) {
    this.#options = options
    this.#encoder = new BlockEncoderProcess({ folder: incomingFolder(options.folders), mediaPool: options.mediaPool })
  }

  /** A final block of a stem as FLAC; null if it is not final or was discarded meanwhile. */
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

  close(): void {
    this.#encoder.close()
  }
}

/** Thrown if a stem is shorter than the ledger says. The client is told to ask again. */
class BlockGone extends Error {
  override name = 'BlockGone'
}
