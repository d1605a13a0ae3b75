import clockUrl from './clock.ts?worker&url'
import engineUrl from './engine/worklet.ts?worker&url'
import { type Command, isHeardAtOnce, Mixer, type Report } from './mixer.ts'
import { isAsRecorded, type Practice } from './stretcher.ts'

export type Output = {
  /** Blocks that are loaded move: the caller's arrays are empty afterwards. */
  send(command: Command): void
  /** Whether what is asked for is heard at once, in a thread that nothing on the page can hold up. */
  readonly isInStep: boolean
  /** Changes key and tempo, where that is possible: where it is in step. */
  practise(practice: Practice): Promise<void>
}

/** Of the mixer in the audio thread: `applied` counts the commands it has seen, without those that load and drop. */
export type ClockReport = Report & { applied: number }

/** What the mixer reports, about 20 times a second; and that it has broken. */
export type Listener = { onReport(report: Report): void; onFault(): void }

/** Where the mix is heard. Browsers have AudioWorklets on secure pages only; without, the same mixer runs on the page. */
export async function openOutput(context: AudioContext, { onReport, onFault }: Listener): Promise<Output> {
  // Not there on a page that came over plain http, whatever the types say.
  const worklet = context.audioWorklet as AudioWorklet | undefined
  if (!worklet) return new ScheduledOutput(context, onReport)
  await worklet.addModule(clockUrl).catch((cause: unknown) => {
    throw new Error('The player cannot be loaded from the server. Press Play again when the server is there.', {
      cause,
    })
  })
  let engine: Promise<void> | null = null
  let told = 0
  const node = new AudioWorkletNode(context, 'minus-one-clock', { numberOfInputs: 0, outputChannelCount: [2] })
  node.port.onmessage = ({ data }: MessageEvent<ClockReport>) => {
    // What was said before the last command came knows nothing of it.
    if (data.applied === told) onReport(data)
  }
  node.onprocessorerror = onFault
  node.connect(context.destination)
  return {
    isInStep: true,
    async practise(practice) {
      told++
      node.port.postMessage({ kind: 'practice', ...practice })
      if (isAsRecorded(practice)) return
      engine ??= openEngine(context)
      await engine.catch((error: unknown) => {
        engine = null
        throw error
      })
    },
    send(command) {
      const moved = command.kind === 'load' ? command.block.lanes.flat().map(({ buffer }) => buffer as ArrayBuffer) : []
      if (isHeardAtOnce(command)) told++
      node.port.postMessage(command, moved)
    },
  }
}

/** Fetched when somebody first wants another key or tempo: it is larger than all the rest of the page. */
async function openEngine(context: AudioContext): Promise<void> {
  await context.audioWorklet.addModule(engineUrl)
  new AudioWorkletNode(context, 'signalsmith-stretch', { numberOfInputs: 0, outputChannelCount: [2] })
}

const STEP_SAMPLES = 4_410
const AHEAD_SECONDS = 0.3
/** In a tab that nobody sees, a browser takes its time. The meters, which run ahead with the mixer, are not seen either. */
const UNSEEN_AHEAD_SECONDS = 2
const EVERY_MS = 50

type Piece = { source: AudioBufferSourceNode; startTime: number; position: number }

/** Mixes a little ahead and queues the pieces one after the other, each at its sample. */
class ScheduledOutput implements Output {
  readonly isInStep = false
  readonly #context: AudioContext
  readonly #mixer = new Mixer()
  readonly #onReport: (report: Report) => void
  #pieces: Piece[] = []
  #nextFrame = 0

  constructor(context: AudioContext, onReport: (report: Report) => void) {
    this.#context = context
    this.#onReport = onReport
    const timer = setInterval(() => this.#goOn(), EVERY_MS)
    context.addEventListener('statechange', () => context.state === 'closed' && clearInterval(timer))
  }

  #goOn(): void {
    this.#fill()
    this.#onReport({ ...this.#mixer.report(), position: this.#heard() })
  }

  async practise(): Promise<void> {}

  send(command: Command): void {
    if (isHeardAtOnce(command)) this.#takeBack()
    this.#mixer.apply(command)
    this.#fill()
  }

  /** The position that is heard now. */
  #heard(): number {
    const { currentTime, sampleRate } = this.#context
    const piece = this.#pieces.findLast(({ startTime }) => startTime <= currentTime)
    if (!piece) return this.#pieces[0]?.position ?? this.#mixer.position
    return piece.position + Math.min(STEP_SAMPLES, Math.round((currentTime - piece.startTime) * sampleRate))
  }

  /** Stops what was queued, so that a command is heard at once. */
  #takeBack(): void {
    if (this.#pieces.length === 0) return
    const position = this.#heard()
    for (const { source } of this.#pieces) {
      source.onended = null
      source.stop()
    }
    this.#pieces = []
    this.#mixer.apply({ kind: 'seek', position })
  }

  #fill(): void {
    const { currentTime, sampleRate } = this.#context
    const soon = Math.ceil((currentTime + 0.02) * sampleRate)
    if (this.#pieces.length === 0 || this.#nextFrame < soon) this.#nextFrame = soon
    const aheadSeconds = document.hidden ? UNSEEN_AHEAD_SECONDS : AHEAD_SECONDS
    while (this.#mixer.isActive && this.#nextFrame < (currentTime + aheadSeconds) * sampleRate) {
      const { position } = this.#mixer
      const buffer = new AudioBuffer({ length: STEP_SAMPLES, numberOfChannels: 2, sampleRate })
      this.#mixer.render(buffer.getChannelData(0), buffer.getChannelData(1))
      if (this.#mixer.position === position) return
      this.#queue(buffer, position)
    }
  }

  #queue(buffer: AudioBuffer, position: number): void {
    const source = new AudioBufferSourceNode(this.#context, { buffer })
    const piece = { source, startTime: this.#nextFrame / buffer.sampleRate, position }
    source.connect(this.#context.destination)
    source.start(piece.startTime)
    source.onended = () => {
      this.#pieces = this.#pieces.filter((each) => each !== piece)
      // Timers of a tab that nobody sees come once a second, or once a minute where the song is silent.
      this.#goOn()
    }
    this.#pieces.push(piece)
    this.#nextFrame += STEP_SAMPLES
  }
}
