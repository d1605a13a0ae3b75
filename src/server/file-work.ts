import { randomUUID } from 'node:crypto'
import { createReadStream, existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { stretchBytes } from '../assemble/overlap-add.ts'
import { readPeaks } from '../assemble/peaks.ts'
import { type CodedFormat, openEncoder } from '../audio/media.ts'
import { kept } from '../audio/media-kept.ts'
import { spares } from '../audio/media-spares.ts'
import { SAMPLE_RATE } from '../audio/pcm.ts'
import { StretchEncoder } from '../audio/stretch-encoder.ts'
import { WAV_HEADER_BYTES } from '../audio/wav.ts'
import { expectedSamples } from '../listen/answers.ts'
import { readBlock, readExisting } from '../store/blocks.ts'
import type { StoredFile } from '../store/files.ts'
import { jobOfSegment } from '../store/jobs.ts'
import { coverPath, incomingFolder, mixPath, renderedPath, stemPath } from '../store/paths.ts'
import { getSong, type Song } from '../store/songs.ts'
import type { ServerState } from './server-state.ts'

/** What people listen to beside WAV: final stretches as FLAC, whole files in other formats. Rendered once, then kept. */
export class FileWork {
  readonly #state: ServerState
  readonly #stretches: StretchEncoder
  readonly #rendering = new Map<string, Promise<string>>()
  readonly #closing = new AbortController()

  constructor(state: ServerState) {
    this.#state = state
    this.#stretches = new StretchEncoder(incomingFolder(state.folders))
  }

  async stretch({ song, trackId, segment }: { song: Song; trackId: number; segment: number }): Promise<Buffer | null> {
    const { db, folders } = this.#state
    const job = jobOfSegment(db, { songId: song.id, segment })
    if (!job?.stretchSha256) return null
    const { grid } = song.plan
    const { start, length } = stretchBytes(grid, segment, song.reach)
    const path = stemPath(folders, { songId: song.id, trackId })
    const pcm = await readBlock(path, WAV_HEADER_BYTES + start, length)
    return pcm && this.#stretches.encode(pcm)
  }

  peaks(
    song: Song,
    { bins, from, to }: { bins: number; from: number; to?: number | undefined },
  ): Promise<Map<number, number[]>> {
    const end = to === undefined ? expectedSamples(song) : to * SAMPLE_RATE
    return readPeaks({ folders: this.#state.folders, song, start: from * SAMPLE_RATE, end, bins })
  }

  /** Somebody is about to add songs, or to ask for stretches. */
  expectListener(): void {
    spares.expect()
    this.#stretches.wake()
  }

  render(file: StoredFile, format: CodedFormat): Promise<string> {
    const path = renderedPath(this.#state.folders, { songId: file.songId, fileId: file.id, format })
    if (existsSync(path)) return Promise.resolve(path)
    const underWay = this.#rendering.get(path)
    if (underWay) return underWay
    const rendering = this.#encode(file, format, path).finally(() => this.#rendering.delete(path))
    this.#rendering.set(path, rendering)
    return rendering
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('The server stops.'))
    await Promise.allSettled(this.#rendering.values())
    this.#stretches.close()
    spares.close()
    kept.close()
  }

  async #encode({ id, songId, trackId }: StoredFile, format: CodedFormat, path: string): Promise<string> {
    const { db, folders } = this.#state
    const song = getSong(db, songId)
    if (!song) throw new Error(`Music[${songId}] was deleted while it was rendered.`)
    await mkdir(incomingFolder(folders), { recursive: true })
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
        signal: this.#closing.signal,
      })
      for await (const block of createReadStream(wav, { start: WAV_HEADER_BYTES, highWaterMark: 1 << 18 })) {
        await encoder.write(block as Buffer)
      }
      await encoder.finish()
      await rename(unfinished, path)
      return path
    } finally {
      await rm(unfinished, { force: true })
    }
  }
}
