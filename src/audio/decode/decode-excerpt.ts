import { setImmediate } from 'node:timers/promises'
import { type AVSampleFormat, AVSEEK_FLAG_BACKWARD, AVSEEK_FLAG_BYTE } from 'node-av/constants'
import { avGetBytesPerSample, avSampleFmtIsPlanar, FFmpegError, type Frame, type Packet } from 'node-av/lib'
import type { Span } from '../../song/segment.ts'
import { findMp3Frame } from '../containers/mp3-frames.ts'
import { isChain } from '../containers/ogg-pages.ts'
import { MediaFault } from '../media-fault.ts'
import { type OpenSound, openSound } from '../open/open-sound.ts'
import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from '../pcm.ts'
import { Converter } from './converter.ts'
import { framesOf } from './frames.ts'
import { LARGEST_MP3_FRAME_BYTES } from './timeline.ts'

/** Containers that know where each moment lies. The others' seeking guesses; their packets are read through instead. */
const EXACT = /\b(flac|ogg|wav|w64|aiff|mov|matroska)\b/
/** Decoders remember what came before: so much is decoded and thrown away. */
const WARM_UP_SECONDS = 2
const PACKETS_BETWEEN_YIELDS = 20_000
/** More than any encoder adds at the end. */
const END_SECONDS = 1

/**
 * Decodes part of a song from the middle of its file. With mp3, Vorbis, Opus, FLAC and PCM the samples are those that
 * decoding from the beginning gives; AAC decoders remember more, so theirs may differ a little. Throws MediaFault where the
 * place cannot be told, or the format changes on the way.
 * @param excerpt in samples at 44,100 Hz; what lies beyond the song's end is not written
 */
export async function decodeExcerpt({
  path,
  track,
  excerpt,
  write,
}: {
  path: string
  track: number | null
  excerpt: Span
  write(pcm: Buffer): void
}): Promise<void> {
  const isFromBeginning = excerpt.startSample === 0
  const origin = isFromBeginning ? 0n : firstTime(path, track)
  if (origin === null) throw noPlace()
  const sound = openSound(path, { track })
  if (sound.info.container === 'ogg' && isChain(path)) throw noPlace()
  const rate = sound.info.sampleRate
  const warmUpAt = Math.max(0, excerpt.startSample / SAMPLE_RATE - WARM_UP_SECONDS)
  const unit = rate / greatestDivisor(rate, SAMPLE_RATE)
  const end = excerpt.startSample + excerpt.samples
  const converter = new Converter()
  /** The output sample that comes next; null until the resampler has started. */
  let next: number | null = isFromBeginning ? 0 : null
  /** Samples decoded so far, and where they would begin in the song by each frame's time stamp. */
  let decoded = 0
  const origins = new Votes()

  function emit(pcm: Buffer | null): void {
    if (!pcm || next === null) return
    const from = Math.max(0, excerpt.startSample - next)
    const to = Math.min(pcm.length / BYTES_PER_STEREO_SAMPLE, end - next)
    next += pcm.length / BYTES_PER_STEREO_SAMPLE
    if (to > from) write(pcm.subarray(from * BYTES_PER_STEREO_SAMPLE, to * BYTES_PER_STEREO_SAMPLE))
  }

  /** The resampler starts where both rates have a sample, with what a frame has from there on. */
  function start(frame: Frame, position: number): void {
    const first = Math.ceil(position / unit) * unit
    if (first - position >= frame.nbSamples) return
    next = (first * SAMPLE_RATE) / rate
    if (next > excerpt.startSample) throw noPlace()
    emit(converter.convert(withoutFirst(frame, first - position)))
  }

  /** The song's own decoding is silent where damage has swallowed sound. */
  function refuseDamage(): void {
    if (next !== null) throw noPlace()
  }

  const packets = isFromBeginning
    ? sound.packets({ onDamaged: refuseDamage })
    : await packetsFrom(sound, { seconds: warmUpAt, origin, end, onDamaged: refuseDamage })
  for (const frame of framesOf(sound, { packets, onDamaged: refuseDamage })) {
    if (frame.sampleRate !== rate) throw noPlace()
    const position = positionOf(frame, { sound, origin, rate })
    if (position !== null) origins.add(position - decoded)
    const here = (origins.winner() ?? Number.NEGATIVE_INFINITY) + decoded
    decoded += frame.nbSamples
    if (next !== null) emit(converter.convert(frame))
    // Half of the warm-up is the decoder's, half the resampler's.
    else if (here / rate >= warmUpAt + WARM_UP_SECONDS / 2) start(frame, here)
    if (next !== null && next >= end) return
  }
  emit(converter.flush())
}

/** The time stamp of the first sample that is heard, in the stream's time base; null where there are none. */
function firstTime(path: string, track: number | null): bigint | null {
  for (const frame of framesOf(openSound(path, { track }))) return timeOf(frame)
  return null
}

/** The packets from a moment on, or from a little before it. */
async function packetsFrom(
  sound: OpenSound,
  { seconds, origin, end, onDamaged }: { seconds: number; origin: bigint; end: number; onDamaged(): void },
): Promise<Iterable<Packet>> {
  const { num, den } = sound.stream.timeBase
  const time = origin + BigInt(Math.floor((seconds * den) / num))
  if (EXACT.test(sound.info.container)) {
    sound.container.seekFrameSync(sound.stream.index, time, AVSEEK_FLAG_BACKWARD)
    return sound.packetsFromHere({ onDamaged })
  }
  const hopped = sound.info.container === 'mp3' ? mp3PacketsFrom(sound, { seconds, end: end / SAMPLE_RATE }) : null
  if (hopped) return hopped
  const packets = sound.packets({ onDamaged })
  for (let count = 1; ; count++) {
    const { value: packet, done } = packets.next()
    if (done || packet.pts >= time) return packets
    // It holds damage, and nobody knows how long it is.
    if (sound.info.container === 'mp3' && packet.size > LARGEST_MP3_FRAME_BYTES) throw noPlace()
    if (count % PACKETS_BETWEEN_YIELDS === 0) await setImmediate()
  }
}

/**
 * Packets of an mp3, found by their frames, which tell the time better than the demuxer after a jump; null where they do not,
 * and near the end: what an encoder has added there the demuxer cuts off only where it has read all of the file.
 */
function mp3PacketsFrom(
  { container, stream, info, path, packetsFromHere }: OpenSound,
  { seconds, end }: { seconds: number; end: number },
): Iterable<Packet> | null {
  const first = findMp3Frame(path, 0)
  if (!first) return null
  const indexAt = (time: number) => Math.floor((time * info.sampleRate) / first.frameSamples)
  const index = indexAt(seconds)
  const place = findMp3Frame(path, index)
  if (!place || !findMp3Frame(path, indexAt(end + END_SECONDS))) return null
  container.seekFrameSync(stream.index, BigInt(place.offset), AVSEEK_FLAG_BYTE)
  const { num, den } = stream.timeBase
  const duration = (first.frameSamples * den) / (num * info.sampleRate)
  return (function* () {
    let next = index
    for (const packet of packetsFromHere()) {
      packet.pts = BigInt(Math.round(next++ * duration))
      yield packet
    }
  })()
}

/** Where in the song a frame begins, in samples of its own rate; null where it does not say. */
function positionOf(
  frame: Frame,
  { sound, origin, rate }: { sound: OpenSound; origin: bigint; rate: number },
): number | null {
  const time = timeOf(frame)
  if (time === null) return null
  const { num, den } = sound.stream.timeBase
  const position = (Number(time - origin) * num * rate) / den
  // Matroska counts milliseconds: there frames, which are all of one size, tell the sample.
  const grain = den / num < rate ? frame.nbSamples : 1
  return Math.round(position / grain) * grain
}

function timeOf(frame: Frame): bigint | null {
  const time = frame.pts
  return time < 0n && time < -(1n << 60n) ? null : time
}

function noPlace(): MediaFault {
  return new MediaFault('undecodable', 'It does not tell where in it a moment lies.')
}

/** In place, where the frame keeps its channel layout: node-av cannot copy one whose order is the file's own. */
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

/** What most say. With Vorbis one frame in some is misplaced, where blocks change their size; so is what follows a jump. */
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
