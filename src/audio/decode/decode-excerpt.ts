import type { AVSampleFormat } from 'node-av/constants'
import { avGetBytesPerSample, avSampleFmtIsPlanar, FFmpegError, type Frame } from 'node-av/lib'
import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from '../../song/pcm.ts'
import type { Span } from '../../song/segment.ts'
import { isChain } from '../containers/ogg-pages.ts'
import { type OpenSound, openSound } from '../open/open-sound.ts'
import { Converter } from './converter.ts'
import { framesOf } from './frames.ts'
import { firstTime, packetsFrom, positionUnknown, timeOf } from './seek-packets.ts'

/** A decoder's output depends on the sound before it. So this much is decoded first and dropped. */
const WARM_UP_SECONDS = 2
/** The first half of the warm-up is for the decoder, the second for the resampler. */
const DECODER_WARM_UP_SECONDS = WARM_UP_SECONDS / 2

/**
 * Decodes part of a song from the middle of its file. With mp3, Vorbis, Opus, FLAC and PCM the samples are the same as when
 * decoding from the beginning. AAC decoders depend on more than two seconds before, so their samples may differ a little.
 * Throws a MediaFault when the place cannot be determined, or the format changes before the excerpt's end.
 * @param excerpt in samples at 44,100 Hz; samples after the song's end are not written
 */
export async function decodeExcerpt({
  path,
  soundTrack,
  excerpt,
  write,
}: {
  path: string
  soundTrack: number | null
  excerpt: Span
  write(pcm: Buffer): void
}): Promise<void> {
  const isFromBeginning = excerpt.startSample === 0
  const origin = isFromBeginning ? 0n : firstTime(path, soundTrack)
  if (origin === null) throw positionUnknown()
  const sound = openSound(path, { soundTrack })
  if (sound.info.container === 'ogg' && isChain(path)) throw positionUnknown()
  const rate = sound.info.sampleRate
  const warmUpAt = Math.max(0, excerpt.startSample / SAMPLE_RATE - WARM_UP_SECONDS)
  const output = new ExcerptWriter({ excerpt, rate, write })
  if (isFromBeginning) output.startAtBeginning()

  /** A decoder that starts at the beginning may put silence in place of the damage. So the position would differ. */
  function refuseDamage(): void {
    if (output.isStarted) throw positionUnknown()
  }

  const packets = isFromBeginning
    ? sound.packets({ onDamaged: refuseDamage })
    : await packetsFrom(sound, { seconds: warmUpAt, origin, onDamaged: refuseDamage })
  let decoded = 0
  /** The position of the first decoded sample in the song, by the time stamp of each frame. */
  const origins = new Votes()
  for (const frame of framesOf(sound, { packets, onDamaged: refuseDamage })) {
    if (frame.sampleRate !== rate) throw positionUnknown()
    const stamped = positionOf(frame, { sound, origin, rate })
    if (stamped !== null) origins.add(stamped - decoded)
    const position = (origins.winner() ?? Number.NEGATIVE_INFINITY) + decoded
    decoded += frame.nbSamples
    if (output.isStarted) output.add(frame)
    else if (position / rate >= warmUpAt + DECODER_WARM_UP_SECONDS) output.tryToStart(frame, position)
    if (output.isComplete) return
  }
  output.finish()
}

/** Converts frames and writes the samples that belong to the excerpt. */
class ExcerptWriter {
  readonly #converter = new Converter()
  readonly #excerpt: Span
  readonly #rate: number
  readonly #write: (pcm: Buffer) => void
  /** The sample of the song, at 44,100 Hz, that the converter gives next; null until it has started. */
  #next: number | null = null

  constructor({ excerpt, rate, write }: { excerpt: Span; rate: number; write(pcm: Buffer): void }) {
    this.#excerpt = excerpt
    this.#rate = rate
    this.#write = write
  }

  get isStarted(): boolean {
    return this.#next !== null
  }

  get isComplete(): boolean {
    return this.#next !== null && this.#next >= this.#excerpt.startSample + this.#excerpt.samples
  }

  startAtBeginning(): void {
    this.#next = 0
  }

  /**
   * Starts the resampler at the first position in the frame that is a sample at both rates, if there is one.
   * @param position the beginning of the frame in the song, in samples of its own rate
   */
  tryToStart(frame: Frame, position: number): void {
    const unit = this.#rate / greatestDivisor(this.#rate, SAMPLE_RATE)
    const first = Math.ceil(position / unit) * unit
    if (first - position >= frame.nbSamples) return
    this.#next = (first * SAMPLE_RATE) / this.#rate
    if (this.#next > this.#excerpt.startSample) throw positionUnknown()
    this.add(withoutFirst(frame, first - position))
  }

  add(frame: Frame): void {
    this.#emit(this.#converter.convert(frame))
  }

  finish(): void {
    this.#emit(this.#converter.flush())
  }

  #emit(pcm: Buffer | null): void {
    if (!pcm || this.#next === null) return
    const { startSample, samples } = this.#excerpt
    const from = Math.max(0, startSample - this.#next)
    const to = Math.min(pcm.length / BYTES_PER_STEREO_SAMPLE, startSample + samples - this.#next)
    this.#next += pcm.length / BYTES_PER_STEREO_SAMPLE
    if (to > from) this.#write(pcm.subarray(from * BYTES_PER_STEREO_SAMPLE, to * BYTES_PER_STEREO_SAMPLE))
  }
}

/** The beginning of a frame in the song, in samples of its own rate; null when it has no time stamp. */
function positionOf(
  frame: Frame,
  { sound, origin, rate }: { sound: OpenSound; origin: bigint; rate: number },
): number | null {
  const time = timeOf(frame)
  if (time === null) return null
  const { num, den } = sound.stream.timeBase
  const position = (Number(time - origin) * num * rate) / den
  // Matroska's stamps are in milliseconds. Its frames all have one size, so rounding to whole frames gives the sample.
  const grain = den / num < rate ? frame.nbSamples : 1
  return Math.round(position / grain) * grain
}

/**
 * Removes the first samples of a frame. The samples are moved within the frame, which so keeps its channel layout: node-av
 * cannot copy the channel order of a file.
 */
function withoutFirst(frame: Frame, samples: number): Frame {
  if (samples === 0) return frame
  FFmpegError.throwIfError(frame.makeWritable(), 'av_frame_make_writable')
  const format = frame.format as AVSampleFormat
  const channels = avSampleFmtIsPlanar(format) ? 1 : frame.channelLayout.nbChannels
  const sampleBytes = avGetBytesPerSample(format) * channels
  const { nbSamples } = frame
  for (const plane of frame.extendedData ?? []) plane.copyWithin(0, samples * sampleBytes, nbSamples * sampleBytes)
  frame.nbSamples = nbSamples - samples
  return frame
}

/**
 * The most frequent value wins, because some time stamps are wrong: after a seek, and in Vorbis at a change of the window size.
 */
class Votes {
  readonly #counts = new Map<number, number>()

  add(value: number): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + 1)
  }

  winner(): number | null {
    const [best] = [...this.#counts].sort(([, a], [, b]) => b - a)
    return best?.[0] ?? null
  }
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b)
}
