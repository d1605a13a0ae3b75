import { type FileHandle, open } from 'node:fs/promises'
import { type Encoder, openEncoder, type Picture, type Tags } from '../../audio/media.ts'
import { wavHeader, wavTags } from '../../audio/wav.ts'
import { BYTES_PER_STEREO_SAMPLE, bytesOf, WAV_HEADER_BYTES } from '../../song/pcm.ts'
import { type SoundFormat, STORED_FORMAT } from '../../song/sound-formats.ts'

type Options = { path: string; format: SoundFormat; tags: Tags; picture: Picture | null; signal: AbortSignal }

/** A file of sound that is being written, block by block. */
export class OutputFile {
  readonly #options: Options
  #wav: FileHandle | null = null
  #encoder: Encoder | null = null
  #samples = 0

  constructor(options: Options) {
    this.#options = options
  }

  async open(): Promise<void> {
    const { path, format, tags, picture, signal } = this.#options
    if (format === STORED_FORMAT) {
      this.#wav = await open(path, 'w')
      await this.#wav.write(Buffer.alloc(WAV_HEADER_BYTES))
    } else {
      this.#encoder = openEncoder({ path, format, tags, picture, signal })
    }
  }

  async write(samples: Int16Array): Promise<void> {
    const bytes = bytesOf(samples)
    this.#samples += bytes.length / BYTES_PER_STEREO_SAMPLE
    await (this.#wav ? this.#wav.writeFile(bytes) : this.#encoder?.write(bytes))
  }

  /** Writes the tags and the final header, and closes the file. */
  async finish(): Promise<void> {
    if (this.#wav) {
      const trailer = wavTags(this.#options.tags)
      await this.#wav.writeFile(trailer)
      const header = wavHeader({ samples: this.#samples, trailerBytes: trailer.length })
      await this.#wav.write(header, 0, header.length, 0)
      await this.close()
    }
    await this.#encoder?.finish()
  }

  /** Closes the file, finished or not. */
  async close(): Promise<void> {
    const wav = this.#wav
    this.#wav = null
    await wav?.close()
  }
}
