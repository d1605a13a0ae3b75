import type { LyricsWork } from '../../song/lyrics-work.ts'
import type { Music, Progress, Segments, WorkerAnswer } from '../schemas.ts'
import type { Setlist } from '../setlist-schemas.ts'

/** One segment of a song, as the data of an event. */
export type SegmentChange = { music_id: number } & Segments['segments'][number]

/**
 * The events for pages. `type` is the name of a server-sent event (HTML Standard, 9.2), `data` its JSON. The page handles all of
 * them but `stretch`, which other clients may use, in one exhaustive switch (`web/src/server/songs.ts`).
 */
export type PageEvent =
  /** A song was added, or its names or files changed. */
  | { type: 'song'; data: Music }
  | { type: 'progress'; data: Progress }
  /** A segment changed its state. */
  | { type: 'job'; data: SegmentChange }
  /** A block of every stem is final. A 'job' event of the same segment follows. */
  | { type: 'stretch'; data: { music_id: number; index: number } }
  /** The practice settings of a song have a new version. Who shows the song fetches them. */
  | { type: 'practice'; data: { music_id: number; version: number } }
  /** The words of a song changed (`revision`), or what is being done for them. Who shows the words fetches them. */
  | { type: 'lyrics'; data: { music_id: number; revision: number; work: LyricsWork | null } }
  /** All connected workers, and those that were lost a moment ago. */
  | { type: 'workers'; data: readonly WorkerAnswer[] }
  /** All setlists. */
  | { type: 'setlists'; data: readonly Setlist[] }
  | { type: 'deleted'; data: { music_id: number } }
  /** All songs were deleted. */
  | { type: 'reset'; data: Record<string, never> }

export type PageEventType = PageEvent['type']
export type PageEventData<Type extends PageEventType> = Extract<PageEvent, { type: Type }>['data']
