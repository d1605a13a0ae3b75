import { randomUUID } from 'node:crypto'
import { getSong, type Song } from '../../store/queries/songs.ts'
import { type Answering, musicAnswer, progressAnswer, segmentChanges } from '../answers.ts'
import { eventText } from './event-log.ts'
import type { EventStream } from './event-stream.ts'

type SongText = {
  music: string
  progress: string
  /** Null before the first request for them. */
  segments: readonly string[] | null
  isSeparated: boolean
  builtAt: number
  isMoving: boolean
}

/** The text of a moving song is made again after this time. */
const MOVING_WITHIN_MS = 1_000
const SEGMENTS_AT_A_TIME = 100

/** Each song as JSON. The text is made once for all listeners and requests, and again after a change of the song. */
export class SongTexts {
  readonly #answering: Answering
  readonly #known = new Map<number, SongText>()
  /** Stands for "http://host" in the texts. It is random, so that it occurs in no song's names. */
  readonly #base = randomUUID()

  constructor(answering: Answering, events: EventStream) {
    this.#answering = answering
    events.onChange(({ type, songId }) => {
      if (type === 'reset') this.#known.clear()
      else if (songId !== null) this.#known.delete(songId)
    })
  }

  /** A song as `Music`. Undefined if there is no such song. */
  music(songId: number): string | undefined {
    return this.#of(songId)?.music
  }

  /** A song as `LibrarySong`. @param base "http://host" of the request */
  librarySong(songId: number, base: string): string | undefined {
    const text = this.#of(songId)
    if (!text) return undefined
    const segments = text.isSeparated ? '' : `,"segments":[${this.#segments(songId)}]`
    return `${text.music.slice(0, -1)},"progress":${this.#withBase(text.progress, base)}${segments}}`
  }

  /**
   * A song as events, in portions. The segments of a separated song are left out: they do not change, and a page fetches them when
   * it needs them.
   * @param isAlone true for a listener of this song alone, which gets the segments in any case
   */
  *events(songId: number, { base, isAlone = false }: { base: string; isAlone?: boolean }): Generator<string> {
    const text = this.#of(songId)
    if (!text) return
    yield eventText('song', text.music) + eventText('progress', this.#withBase(text.progress, base))
    if (text.isSeparated && !isAlone) return
    for (let first = 0; first < this.#segments(songId).length; first += SEGMENTS_AT_A_TIME) {
      const some = this.#segments(songId).slice(first, first + SEGMENTS_AT_A_TIME)
      yield some.map((segment) => eventText('job', segment)).join('')
    }
  }

  /** Whether a song's text changes without an event: its seconds count up, and the reason why it waits may change. */
  isMoving(songId: number): boolean {
    return this.#of(songId)?.isMoving ?? false
  }

  #of(songId: number): SongText | undefined {
    const known = this.#known.get(songId)
    if (known && (!known.isMoving || performance.now() < known.builtAt + MOVING_WITHIN_MS)) return known
    const song = getSong(this.#answering.db, songId)
    const text = song && this.#build(song)
    if (text) this.#known.set(songId, text)
    else this.#known.delete(songId)
    return text
  }

  #build(song: Song): SongText {
    return {
      music: JSON.stringify(musicAnswer(this.#answering, song)),
      progress: JSON.stringify(progressAnswer(this.#answering, song, this.#base)),
      segments: null,
      isSeparated: song.state === 'separated',
      builtAt: performance.now(),
      isMoving: song.state === 'separating' || song.state === 'failed' || song.uploadName !== null,
    }
  }

  #segments(songId: number): readonly string[] {
    const text = this.#of(songId)
    const song = text && getSong(this.#answering.db, songId)
    if (!song) return []
    text.segments ??= segmentChanges(this.#answering, song).map((segment) => JSON.stringify(segment))
    return text.segments
  }

  #withBase(text: string, base: string): string {
    return text.replaceAll(this.#base, base)
  }
}
