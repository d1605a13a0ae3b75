import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Encoder, openEncoder, type Picture, type SoundFormat, type Tags } from '../audio/media.ts'
import { BYTES_PER_STEREO_SAMPLE, bytesOf } from '../audio/pcm.ts'
import { WAV_HEADER_BYTES, wavHeader, wavTags } from '../audio/wav.ts'

type Options = { path: string; format: SoundFormat; tags: Tags; picture: Picture | null; signal: AbortSignal }

/** A file of sound in the making: under another name until it is whole, so that nobody meets half of it. */
export class OutputFile {
  readonly #options: Options
  readonly #unfinished: string
  #wav: FileHandle | null = null
  #encoder: Encoder | null = null
  #samples = 0

  constructor(options: Options) {
    this.#options = options
    this.#unfinished = join(dirname(options.path), `.${basename(options.path)}.${process.pid}.part`)
  }

  async open(): Promise<void> {
    const { path, format, tags, picture, signal } = this.#options
    await mkdir(dirname(path), { recursive: true })
    if (format === 'wav') {
      this.#wav = await open(this.#unfinished, 'w')
      await this.#wav.write(Buffer.alloc(WAV_HEADER_BYTES))
    } else {
      this.#encoder = openEncoder({ path: this.#unfinished, format, tags, picture, signal })
    }
  }

  async write(samples: Int16Array): Promise<void> {
    const bytes = bytesOf(samples)
    this.#samples += bytes.length / BYTES_PER_STEREO_SAMPLE
    await (this.#wav ? this.#wav.writeFile(bytes) : this.#encoder?.write(bytes))
  }

  async finish(): Promise<void> {
    if (this.#wav) {
      const trailer = wavTags(this.#options.tags)
      await this.#wav.writeFile(trailer)
      const header = wavHeader({ samples: this.#samples, trailerBytes: trailer.length })
      await this.#wav.write(header, 0, header.length, 0)
      await this.#wav.close()
    }
    await this.#encoder?.finish()
    await rename(this.#unfinished, this.#options.path)
  }

  async discard(): Promise<void> {
    await this.#wav?.close().catch(() => undefined)
    await rm(this.#unfinished, { force: true })
  }
}
