import type { Socket } from 'node:net'

export type HeartBeats = { outMs: number; inMs: number }

const LINE_END = '\n'
const SLACK_MS = 1_000

/** What both sides agreed to (STOMP 1.2, Heart-beating): the slower of what one can do and the other wants; 0 is off. */
export function negotiate(own: HeartBeats, peer: HeartBeats): HeartBeats {
  const slower = (can: number, wanted: number) => (can === 0 || wanted === 0 ? 0 : Math.max(can, wanted))
  return { outMs: slower(own.outMs, peer.inMs), inMs: slower(peer.outMs, own.inMs) }
}

export function readHeartBeats(header: string | undefined): HeartBeats {
  const match = /^(\d{1,9}),(\d{1,9})$/.exec(header ?? '0,0')
  return { outMs: Number(match?.[1] ?? 0), inMs: Number(match?.[2] ?? 0) }
}

/**
 * Keeps a connection's pulse: sends a line end whenever we were quiet, and calls `onSilence` when the other side was for
 * two intervals and a second. Nobody else tells the cut-off side of a cable that it is cut off.
 */
export class Pulse {
  readonly #timers: NodeJS.Timeout[] = []
  #lastIn = performance.now()
  #lastOut = performance.now()

  constructor({ socket, beats, onSilence }: { socket: Socket; beats: HeartBeats; onSilence(): void }) {
    if (beats.outMs > 0) {
      const every = beats.outMs / 2
      this.#every(every, () => {
        if (performance.now() - this.#lastOut >= every - 1) socket.write(LINE_END)
      })
    }
    if (beats.inMs > 0) {
      this.#every(Math.min(beats.inMs / 2, SLACK_MS), () => {
        if (performance.now() - this.#lastIn > 2 * beats.inMs + SLACK_MS) onSilence()
      })
    }
  }

  heard(): void {
    this.#lastIn = performance.now()
  }

  sent(): void {
    this.#lastOut = performance.now()
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer)
  }

  #every(ms: number, act: () => void): void {
    this.#timers.push(setInterval(act, Math.max(50, ms)))
  }
}
