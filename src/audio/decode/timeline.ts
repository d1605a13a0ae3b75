import type { Frame, Packet } from 'node-av/lib'
import { hasTagBehindFrame } from '../containers/mp3-frames.ts'
import { hasDamage } from '../containers/ogg-pages.ts'
import type { OpenSound } from '../open/open-sound.ts'

/** A container that stamps by pages tells only some packets later how much was lost. */
const SUSPECT_SECONDS = 2
/**
 * An mp3's stamps only count packets, and its parser puts whatever is no frame into one packet with the frame before it.
 * The largest frame has 640 kbit/s at 32 kHz and a byte of padding.
 */
export const LARGEST_MP3_FRAME_BYTES = 2_881
/** Headers between two packets are shorter, in bytes, where each packet has its place in time. */
const LEAST_SKIPPED: ReadonlyMap<string, number> = new Map([
  ['matroska,webm', 512],
  ['flv', 17],
  ['asf', 512],
])
/** Less may be headers in any container. */
const LEAST_COUNTED_BYTES = 512
/** Bit rates differ by as much between what was lost and what came before. */
const MOST_RATE_RATIO = 2
/** Less than this is how a codec's blocks and a container's clock disagree. */
const LEAST_SAMPLES = 64

/**
 * Tells how much sound damage has swallowed, so that what comes behind it can stay at its time. Stamps alone say nothing:
 * they jump in whole files too, where FFmpeg decodes on without a gap. Next to damage a jump forward is what is missing, as
 * long as it fits into the length that the file announces. Where that is unknown it has to fit into the bytes that were
 * skipped. Bytes that belong to no packet are damage themselves where the stamps leave out time.
 */
export class Timeline {
  readonly #sound: OpenSound
  #decoded = 0
  /** By how many samples the stamps are ahead of what was decoded. */
  #ahead: number | null = null
  #suspectUntil = -1
  /** The packet of an mp3 that was read last. */
  #last: { size: number; samples: number; isRefused: boolean; hasTag: boolean } | null = null
  #whole = { packets: 0, bytes: 0 }
  /** Samples that damaged packets would hold by their bytes, beyond what their stamps count. */
  #uncounted = 0
  /** Where the page or packet before the present one lies, and that one. */
  #positions = [0, 0]
  /** Where in the file, and when, the packet before ends; of all packets the bytes, and those between them. */
  #end: { position: number; pts: number; duration: number } | null = null
  #readBytes = 0
  #skippedBytes = 0

  constructor(sound: OpenSound) {
    this.#sound = sound
  }

  /**
   * To be told of each packet before it is decoded.
   * @returns whether bytes and time are left out before it, which is damage to be told of
   */
  read(packet: Packet): boolean {
    if (this.#sound.info.container === 'mp3') this.#readMp3(packet)
    const isSkipping = this.#isBehindGap(packet)
    const position = Number(packet.pos)
    if (position > (this.#positions[1] ?? 0)) this.#positions = [this.#positions[1] ?? 0, position]
    return isSkipping
  }

  /** To be told of damage, after the packet that it is in was read. */
  suspect(): void {
    if (this.#last) this.#last.isRefused = true
    if (this.#last?.hasTag) return
    this.#suspectUntil = this.#decoded + SUSPECT_SECONDS * this.#sound.info.sampleRate
  }

  /** @returns how many samples are missing before the frame that was decoded next */
  add(frame: Frame): number {
    const missing = this.#missingBefore(frame)
    this.#decoded += missing + frame.nbSamples
    return missing
  }

  #isBehindGap({ pos, pts, duration, size }: Packet): boolean {
    const end = this.#end
    const isSamePlace = pos < 0n || Number(pos) <= (this.#positions[1] ?? 0)
    const position = end && isSamePlace ? end.position : Number(pos)
    const skipped = end ? position - end.position : 0
    const late = end ? Number(pts) - end.pts : 0
    this.#readBytes += size
    const { info, isAlone } = this.#sound
    if (isAlone && skipped >= LEAST_COUNTED_BYTES) this.#skippedBytes += skipped
    this.#end = { position: position + size, pts: Number(pts + duration), duration: Number(duration) }
    const least = LEAST_SKIPPED.get(info.container) ?? Number.POSITIVE_INFINITY
    return isAlone && skipped >= least && late > (end?.duration ?? 0)
  }

  #readMp3(packet: Packet): void {
    const { stream, info } = this.#sound
    const { size } = packet
    const last = this.#last
    if (last && !last.hasTag && (last.isRefused || last.size > LARGEST_MP3_FRAME_BYTES)) {
      this.suspect()
      const mean = this.#whole.bytes / this.#whole.packets
      this.#uncounted += Math.max(0, Math.round(last.size / mean) - 1) * last.samples || 0
    } else if (last) {
      this.#whole.packets++
      this.#whole.bytes += last.size
    }
    const samples = Math.round((Number(packet.duration) * stream.timeBase.num * info.sampleRate) / stream.timeBase.den)
    this.#last = { size, samples, isRefused: false, hasTag: hasTagBehindFrame(packet.data ?? Buffer.alloc(0)) }
  }

  #missingBefore(frame: Frame): number {
    const { num, den } = this.#sound.stream.timeBase
    const tick = (num * frame.sampleRate) / den
    const ahead = Number(frame.pts) * tick + this.#uncounted - this.#decoded
    if (frame.pts < -(1n << 60n)) return 0
    const before = this.#ahead ?? ahead
    const missing = wholeFrames(ahead - before, { tick, grain: frame.nbSamples })
    const isJump = missing >= LEAST_SAMPLES && missing > 2 * tick
    const isHole = isJump && missing <= this.#room(frame) && this.#isDamaged()
    this.#ahead = ahead - (isHole ? missing : 0)
    if (isHole) this.#skippedBytes = 0
    return isHole ? missing : 0
  }

  /** How many samples can be missing: up to the announced length, or what would fit into the bytes that were skipped. */
  #room({ sampleRate, nbSamples }: Frame): number {
    const { announcedSeconds } = this.#sound.info
    if (announcedSeconds !== null) return announcedSeconds * sampleRate - this.#decoded + nbSamples
    return (MOST_RATE_RATIO * this.#skippedBytes * this.#decoded) / Math.max(1, this.#readBytes)
  }

  #isDamaged(): boolean {
    if (this.#decoded <= this.#suspectUntil) return true
    const [from = 0, to = 0] = this.#positions
    return this.#sound.info.container === 'ogg' && hasDamage(this.#sound.path, { from, to })
  }
}

/** A multiple of a frame where the clock is not finer than that. */
function wholeFrames(samples: number, { tick, grain }: { tick: number; grain: number }): number {
  const whole = Math.round(samples / grain) * grain
  return Math.abs(samples - whole) <= 2 * tick ? whole : Math.round(samples)
}
