import { type Command, isHeardAtOnce, type Loop, Mixer } from './mixer.ts'
import type { Output, TimedReport } from './output.ts'
import { type Place, placeAfter } from './place.ts'

/** A tenth of a second. */
const BUFFER_SAMPLES = 4_410
const AHEAD_SECONDS = 0.3
/** In a hidden tab timers are slow, so the mixer works further ahead. The meters run ahead too, but they are not visible. */
const HIDDEN_AHEAD_SECONDS = 2
const EVERY_MS = 50
/** The time that a buffer needs to reach the audio thread. */
const LEAD_SECONDS = 0.02

type Queued = { source: AudioBufferSourceNode; startTime: number; place: Place; loop: Loop | null }

/**
 * The mixer on the page, for browsers without an AudioWorklet. It mixes a little ahead and queues buffers, each with its start
 * time.
 */
export class ScheduledOutput implements Output {
  readonly isInAudioThread = false
  readonly #context: AudioContext
  readonly #mixer = new Mixer()
  readonly #onReport: (report: TimedReport) => void
  #queue: Queued[] = []
  #nextFrame = 0

  constructor(context: AudioContext, onReport: (report: TimedReport) => void) {
    this.#context = context
    this.#onReport = onReport
    const timer = setInterval(() => this.#continue(), EVERY_MS)
    context.addEventListener('statechange', () => context.state === 'closed' && clearInterval(timer))
  }

  async setPractice(): Promise<void> {}

  send(command: Command): void {
    if (isHeardAtOnce(command)) this.#clearQueue()
    this.#mixer.apply(command)
    this.#fillQueue()
  }

  #continue(): void {
    this.#fillQueue()
    this.#onReport({ ...this.#mixer.report(), ...this.#heardPlace(), contextTime: this.#context.currentTime })
  }

  #heardPlace(): Place {
    const { currentTime, sampleRate } = this.#context
    const buffer = this.#queue.findLast(({ startTime }) => startTime <= currentTime)
    if (!buffer) return this.#queue[0]?.place ?? this.#mixer.place
    const samples = Math.min(BUFFER_SAMPLES, Math.round((currentTime - buffer.startTime) * sampleRate))
    return placeAfter(buffer.place, samples, buffer.loop)
  }

  /** Stops the queued buffers, so that a command is heard at once. */
  #clearQueue(): void {
    if (this.#queue.length === 0) return
    const place = this.#heardPlace()
    for (const { source } of this.#queue) {
      source.onended = null
      source.stop()
    }
    this.#queue = []
    this.#mixer.moveTo(place)
  }

  #fillQueue(): void {
    const { currentTime, sampleRate } = this.#context
    const soon = Math.ceil((currentTime + LEAD_SECONDS) * sampleRate)
    if (this.#queue.length === 0 || this.#nextFrame < soon) this.#nextFrame = soon
    const aheadSeconds = document.hidden ? HIDDEN_AHEAD_SECONDS : AHEAD_SECONDS
    while (this.#mixer.isActive && this.#nextFrame < (currentTime + aheadSeconds) * sampleRate) {
      const { place, loop } = this.#mixer
      const buffer = new AudioBuffer({ length: BUFFER_SAMPLES, numberOfChannels: 2, sampleRate })
      if (this.#mixer.render(buffer.getChannelData(0), buffer.getChannelData(1)) === 0) return
      this.#add(buffer, { place, loop })
    }
  }

  #add(buffer: AudioBuffer, rendered: { place: Place; loop: Loop | null }): void {
    const source = new AudioBufferSourceNode(this.#context, { buffer })
    const queued = { source, startTime: this.#nextFrame / buffer.sampleRate, ...rendered }
    source.connect(this.#context.destination)
    source.start(queued.startTime)
    source.onended = () => {
      this.#queue = this.#queue.filter((each) => each !== queued)
      // In a hidden tab timers come once a second, or once a minute while the song is silent.
      this.#continue()
    }
    this.#queue.push(queued)
    this.#nextFrame += BUFFER_SAMPLES
  }
}
