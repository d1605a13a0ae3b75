import type { Socket } from 'node:net'

/** How often a side sends, and how often it wants to receive, in milliseconds; 0 is never (STOMP 1.2, Heart-beating). */
export type HeartBeats = { outMs: number; inMs: number }

const LINE_END = '\n'
/** A heart-beat may be this late, because networks and busy event loops delay it. */
const SLACK_MS = 1_000
/** The shortest interval of a timer. A peer may ask for a shorter one, but does not get it. */
const MIN_INTERVAL_MS = 50

/**
 * The intervals that both sides agree on. For each direction it is the longer of what one side offers and the other wants; 0
 * turns it off.
 */
export function negotiate(own: HeartBeats, peer: HeartBeats): HeartBeats {
  const longer = (offeredMs: number, wantedMs: number) => {
    return offeredMs === 0 || wantedMs === 0 ? 0 : Math.max(offeredMs, wantedMs)
  }
  return { outMs: longer(own.outMs, peer.inMs), inMs: longer(peer.outMs, own.inMs) }
}

/** Reads a `heart-beat` header; one that is missing or malformed turns heart-beats off. */
export function readHeartBeats(header: string | undefined): HeartBeats {
  const match = /^(\d{1,9}),(\d{1,9})$/.exec(header ?? '0,0')
  return { outMs: Number(match?.[1] ?? 0), inMs: Number(match?.[2] ?? 0) }
}

/**
 * Sends a line end whenever this side has sent nothing for half an interval. Calls `onSilence` when nothing was received for
 * two intervals and a second. Without it neither side would notice a cut cable.
 */
export class HeartBeatMonitor {
  readonly #timers: NodeJS.Timeout[] = []
  #lastReceivedAt = performance.now()
  #lastSentAt = performance.now()

  constructor({ socket, beats, onSilence }: { socket: Socket; beats: HeartBeats; onSilence(): void }) {
    if (beats.outMs > 0) {
      const intervalMs = beats.outMs / 2
      this.#every(intervalMs, () => {
        if (performance.now() - this.#lastSentAt >= intervalMs - 1) socket.write(LINE_END)
      })
    }
    if (beats.inMs > 0) {
      this.#every(Math.min(beats.inMs / 2, SLACK_MS), () => {
        if (performance.now() - this.#lastReceivedAt > 2 * beats.inMs + SLACK_MS) onSilence()
      })
    }
  }

  received(): void {
    this.#lastReceivedAt = performance.now()
  }

  sent(): void {
    this.#lastSentAt = performance.now()
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }

  #every(intervalMs: number, act: () => void): void {
    this.#timers.push(setInterval(act, Math.max(MIN_INTERVAL_MS, intervalMs)))
  }
}
