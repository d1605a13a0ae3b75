import { signal } from '@preact/signals'
import type { Song } from '../server/songs.ts'
import type { AudioSession } from './audio-session.ts'
import { BlockLoader } from './block-loader.ts'
import { HeardPosition, heardTimeOf } from './heard-position.ts'
import type { Command, Loop } from './mixer.ts'
import type { Output, TimedReport } from './output.ts'
import { lengthOf } from './song-length.ts'

export const SOUND_LOST =
  'Something took the sound away from the page, as a call does, or other headphones: press Play.'

/** After these commands the last report is out of date. */
const JUMPS: readonly Command['kind'][] = ['open', 'seek', 'loop', 'pause']

export type Session = Pick<AudioSession, 'context' | 'output' | 'wake' | 'whySilent' | 'close'>

/** The player's connection to the loudspeakers: the browser's audio, the mixer in it, and the loader of the song's blocks. */
export class PlayerAudio {
  /** Whether the mixer runs in the audio thread. Otherwise key and tempo cannot be changed. */
  readonly isInAudioThread = signal(true)
  /** Why a block of the song is missing; empty if none is. */
  readonly missingBlock = signal('')
  readonly #openSession: () => Session
  #session: Session | null = null
  #output: Output | null = null
  #loader: BlockLoader | null = null
  readonly #heard = new HeardPosition()

  constructor(openSession: () => Session) {
    this.#openSession = openSession
  }

  get output(): Output | null {
    return this.#output
  }

  /** Opens the browser's audio, or returns the open one. */
  open(): Session {
    // A context that was closed from outside stays silent.
    if (this.#session?.context.state === 'closed') this.close()
    this.#session ??= this.#openSession()
    return this.#session
  }

  isOpen(session: Session): boolean {
    return this.#session === session
  }

  noteReport(report: TimedReport): void {
    this.#heard.note(report)
  }

  /** The position that is heard now, in samples; null if nothing plays. */
  heardPosition(tempo: number, loop: Loop | null): number | null {
    const context = this.#session?.context
    return context ? this.#heard.now({ heardTime: () => heardTimeOf(context, performance.now()), tempo, loop }) : null
  }

  send(command: Command): void {
    if (JUMPS.includes(command.kind)) this.#heard.forget()
    this.#output?.send(command)
  }

  /** Gives the mixer a song without any sound yet. @param onLoad is called after each block */
  setSong(song: Song, { session, output, onLoad }: { session: Session; output: Output; onLoad(): void }): void {
    const tracks = song.music.tracks.map(({ track_id }) => track_id)
    const stride = song.segments[0]?.samples ?? 1
    this.#loader?.close()
    this.#output = output
    this.isInAudioThread.value = output.isInAudioThread
    this.missingBlock.value = ''
    this.send({ kind: 'open', stride, samples: lengthOf(song), lanes: tracks.length })
    this.#loader = new BlockLoader({
      song: { musicId: song.music.music_id, tracks, stride },
      context: session.context,
      onLoad: (block) => {
        this.send({ kind: 'load', block })
        onLoad()
      },
      onDrop: (index) => this.send({ kind: 'drop', index }),
      onFault: (reason) => {
        this.missingBlock.value = reason
      },
    })
  }

  /** Loads the blocks around a position. @param loopStart null without a loop */
  loadBlocks({ segments }: Song, position: number, loopStart: number | null): void {
    this.#loader?.follow(position, segments, loopStart)
  }

  removeSong(): void {
    this.#loader?.close()
    this.#loader = null
    this.missingBlock.value = ''
    this.send({ kind: 'open', stride: 1, samples: 0, lanes: 0 })
  }

  close(): void {
    this.#loader?.close()
    this.#session?.close()
    this.#loader = null
    this.#session = null
    this.#output = null
  }
}
