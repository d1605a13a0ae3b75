import { isAsRecorded, type Practice } from '../../../src/song/practice-settings.ts'
import engineUrl from './engine/worklet.ts?worker&url'
import { type Command, isHeardAtOnce, type Report } from './mixer.ts'
import mixerUrl from './mixer-worklet.ts?worker&url'
import { ScheduledOutput } from './scheduled-output.ts'

/** A mixer, and the way from it to the loudspeakers. */
export type Output = {
  /** The samples of a loaded block move: the caller's arrays are empty afterwards. */
  send(command: Command): void
  /** Whether the mixer runs in the audio thread. Nothing on the page can delay it there. */
  readonly isInAudioThread: boolean
  /** Changes key and tempo. Does nothing outside of the audio thread. */
  setPractice(practice: Practice): Promise<void>
}

/** @property contextTime when the sample at the reported position leaves the mixer, on the clock of the AudioContext in seconds */
export type TimedReport = Report & { contextTime: number }

/** @property applied how many commands the mixer has applied, apart from 'load' and 'drop' */
export type WorkletReport = TimedReport & { applied: number }

/**
 * @property onReport is called about 20 times a second
 * @property onFault the mixer has broken
 */
export type OutputListener = { onReport(report: TimedReport): void; onFault(): void }

/** Opens the mixer in an AudioWorklet. Browsers have those on secure pages only; elsewhere the mixer runs on the page. */
export async function openOutput(context: AudioContext, { onReport, onFault }: OutputListener): Promise<Output> {
  // On a page that came over plain http this is undefined, although its type says otherwise.
  const worklet = context.audioWorklet as AudioWorklet | undefined
  if (!worklet) return new ScheduledOutput(context, onReport)
  await worklet.addModule(mixerUrl).catch((cause: unknown) => {
    throw new Error('The player cannot be loaded from the server. Press Play again when the server is there.', {
      cause,
    })
  })
  let engine: Promise<void> | null = null
  let sent = 0
  const node = new AudioWorkletNode(context, 'minus-one-mixer', { numberOfInputs: 0, outputChannelCount: [2] })
  node.port.onmessage = ({ data }: MessageEvent<WorkletReport>) => {
    // A report from before the last command is out of date.
    if (data.applied === sent) onReport(data)
  }
  node.onprocessorerror = onFault
  node.connect(context.destination)
  return {
    isInAudioThread: true,
    async setPractice(practice) {
      sent++
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
      if (isHeardAtOnce(command)) sent++
      node.port.postMessage(command, moved)
    },
  }
}

/** Fetches the engine at the first change of key or tempo, because it is larger than the rest of the page. */
async function openEngine(context: AudioContext): Promise<void> {
  await context.audioWorklet.addModule(engineUrl)
  new AudioWorkletNode(context, 'signalsmith-stretch', { numberOfInputs: 0, outputChannelCount: [2] })
}
