import { type Loop, SAMPLE_RATE } from './mixer.ts'
import type { TimedReport } from './output.ts'
import { type Place, placeAfter } from './place.ts'

/** Without a report for longer than this, the sound has probably stopped, and the position stands. */
const MAX_SILENCE_SECONDS = 0.25

/** Where the sound is, between two reports of the mixer. */
export class HeardPosition {
  #last: TimedReport | null = null

  note(report: TimedReport): void {
    this.#last = report
  }

  /** Must be called at a jump or a pause: the last report is out of date. */
  forget(): void {
    this.#last = null
  }

  /** In samples; null if nothing plays. */
  now({ heardTime, ...practice }: { heardTime(): number; tempo: number; loop: Loop | null }): number | null {
    if (this.#last?.status !== 'playing') return null
    return heardPosition(this.#last, { heardTime: heardTime(), ...practice })
  }
}

/** @property contextTime when the sample at this place leaves the mixer, on the clock of the AudioContext in seconds */
export type TimedPlace = Place & { contextTime: number }

/**
 * The position, in samples of the song, that comes out of the loudspeakers now: what the mixer reported, and what was played since
 * then, less what is still on its way.
 * @param heardTime the time on the clock of the AudioContext that is heard now
 */
export function heardPosition(
  { contextTime, ...place }: TimedPlace,
  { heardTime, tempo, loop }: { heardTime: number; tempo: number; loop: Loop | null },
): number {
  const seconds = Math.min(heardTime - contextTime, MAX_SILENCE_SECONDS)
  const samples = seconds * tempo * SAMPLE_RATE
  if (samples >= 0) return placeAfter(place, samples, loop).position
  const position = place.position + samples
  // The end of the loop may still be heard after the mixer has gone back to its start.
  const isBehindStart = loop !== null && place.passes > 0 && place.position >= loop.start && position < loop.start
  return isBehindStart ? position + loop.end - loop.start : Math.max(0, position)
}

/**
 * The time on the clock of an AudioContext that is heard now: what is rendered, less the latency that the browser states for the
 * device. Browsers that state none (Safari) say instead what leaves the device (Web Audio API, 1.1).
 */
export function heardTimeOf(context: AudioContext, nowMs: number): number {
  if (context.outputLatency > 0) return context.currentTime - context.outputLatency
  const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp()
  return performanceTime > 0 ? contextTime + (nowMs - performanceTime) / 1_000 : context.currentTime
}
