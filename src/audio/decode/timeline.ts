import type { Frame, Packet } from 'node-av/lib'
import { hasTagBehindFrame, MAX_MP3_FRAME_BYTES } from '../containers/mp3-frames.ts'
import { hasDamage } from '../containers/ogg-pages.ts'
import type { OpenSound } from '../open/open-sound.ts'

/** If a container stamps pages instead of packets, only a later packet shows how much sound was lost. */
const SUSPECT_SECONDS = 2
/** Containers that stamp every packet: the bytes between two packets that are too many for a header. */
const MIN_SKIPPED_BYTES: ReadonlyMap<string, number> = new Map([
  ['matroska,webm', 512],
  ['flv', 17],
  ['asf', 512],
])
/** In other containers fewer skipped bytes may be headers. */
const MIN_COUNTED_BYTES = 512
/** The bit rate of the lost sound may differ this much from that of the sound before it. */
const MAX_RATE_RATIO = 2
/** A smaller jump comes from rounding between the frames of a codec and the clock of a container. */
const MIN_GAP_SAMPLES = 64

/**
 * Finds how much sound damage has destroyed, so that the sound after it keeps its time.
 * - A jump of the time stamps alone proves nothing: undamaged files have jumps too, and FFmpeg decodes them without a gap.
 * - A jump forward next to damage is missing sound if it fits into the announced length of the file. If the length is unknown,
 *   the jump must fit into the bytes that were skipped.
 * - Bytes that belong to no packet are damage if the time stamps jump there.
 */
export class Timeline {
  readonly #sound: OpenSound
  #decoded = 0
  /** By how many samples the time stamps are ahead of the decoded samples. */
  #stampLead: number | null = null
  #suspectUntil = -1
  /** The last packet of an mp3. */
  #last: { size: number; samples: number; isRefused: boolean; hasTag: boolean } | null = null
  #whole = { packets: 0, bytes: 0 }
  /** Samples that damaged packets of an mp3 would hold by their size, beyond those that their time stamps count. */
  #uncounted = 0
  /** Offsets in the file of the previous page or packet and of the present one. */
  #positions = [0, 0]
  /** Offset and time at which the previous packet ends. */
  #end: { position: number; pts: number; duration: number } | null = null
  /** Bytes of all packets so far, and bytes between packets. */
  #readBytes = 0
  #skippedBytes = 0

  constructor(sound: OpenSound) {
    this.#sound = sound
  }

  /**
   * Call this with each packet before it is decoded.
   * @returns whether the packet comes after damage: bytes and time are missing before it
   */
  read(packet: Packet): boolean {
    if (this.#sound.info.container === 'mp3') this.#readMp3(packet)
    const isSkipping = this.#isBehindGap(packet)
    const position = Number(packet.pos)
    if (position > (this.#positions[1] ?? 0)) this.#positions = [this.#positions[1] ?? 0, position]
    return isSkipping
  }

  /** Call this after `read` when that packet is damaged. */
  markDamaged(): void {
    if (this.#last) this.#last.isRefused = true
    if (this.#last?.hasTag) return
    this.#suspectUntil = this.#decoded + SUSPECT_SECONDS * this.#sound.info.sampleRate
  }

  /**
   * Call this with each decoded frame.
   * @returns how many samples are missing before it
   */
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
    const lateTicks = end ? Number(pts) - end.pts : 0
    this.#readBytes += size
    const { info, isAlone } = this.#sound
    if (isAlone && skipped >= MIN_COUNTED_BYTES) this.#skippedBytes += skipped
    this.#end = { position: position + size, pts: Number(pts + duration), duration: Number(duration) }
    const least = MIN_SKIPPED_BYTES.get(info.container) ?? Number.POSITIVE_INFINITY
    return isAlone && skipped >= least && lateTicks > (end?.duration ?? 0)
  }

  #readMp3(packet: Packet): void {
    const { stream, info } = this.#sound
    const { size } = packet
    const last = this.#last
    if (last && !last.hasTag && (last.isRefused || last.size > MAX_MP3_FRAME_BYTES)) {
      this.markDamaged()
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
    const lead = Number(frame.pts) * tick + this.#uncounted - this.#decoded
    if (frame.pts < -(1n << 60n)) return 0
    const before = this.#stampLead ?? lead
    const missing = wholeFrames(lead - before, { tick, grain: frame.nbSamples })
    const isJump = missing >= MIN_GAP_SAMPLES && missing > 2 * tick
    const isHole = isJump && missing <= this.#maxMissing(frame) && this.#isDamaged()
    this.#stampLead = lead - (isHole ? missing : 0)
    if (isHole) this.#skippedBytes = 0
    return isHole ? missing : 0
  }

  /** The largest possible number of missing samples: up to the announced length, or as many as the skipped bytes could hold. */
  #maxMissing({ sampleRate, nbSamples }: Frame): number {
    const { announcedSeconds } = this.#sound.info
    if (announcedSeconds !== null) return announcedSeconds * sampleRate - this.#decoded + nbSamples
    return (MAX_RATE_RATIO * this.#skippedBytes * this.#decoded) / Math.max(1, this.#readBytes)
  }

  #isDamaged(): boolean {
    if (this.#decoded <= this.#suspectUntil) return true
    const [from = 0, to = 0] = this.#positions
    return this.#sound.info.container === 'ogg' && hasDamage(this.#sound.path, { from, to })
  }
}

/** Rounds to whole frames if the clock of the container is too coarse to count samples. */
function wholeFrames(samples: number, { tick, grain }: { tick: number; grain: number }): number {
  const whole = Math.round(samples / grain) * grain
  return Math.abs(samples - whole) <= 2 * tick ? whole : Math.round(samples)
}
