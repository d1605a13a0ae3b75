import type { Song } from '../server/songs.ts'
import { SAMPLE_RATE } from './mixer.ts'

const SEND_EVERY_MS = 5_000

export type SendPlayhead = (musicId: number, playhead: { seconds: number; listener: string }) => Promise<void>

/** Tells the server the position of the playhead, so that it first separates what is heard next. */
export class PlayheadSender {
  readonly #send: SendPlayhead
  /** A random id by which the server distinguishes its listeners. */
  readonly #listener = crypto.getRandomValues(new Uint32Array(2)).join('-')
  #sentAt = 0

  constructor(send: SendPlayhead) {
    this.#send = send
  }

  /** @param position in samples */
  send({ music, progress }: Song, position: number): void {
    if (progress?.state === 'ready') return
    this.#sentAt = performance.now()
    // A message may get lost: the next one replaces it.
    this.#send(music.music_id, { seconds: position / SAMPLE_RATE, listener: this.#listener }).catch(() => undefined)
  }

  /** Sends the position, but not more often than every five seconds. */
  sendSometimes(song: Song, position: number): void {
    if (performance.now() - this.#sentAt > SEND_EVERY_MS) this.send(song, position)
  }
}
