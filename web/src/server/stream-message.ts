import type { PageEvent } from '../../../src/listen/events/page-events.ts'
import type { LibrarySong } from './api.ts'

/** The events that the page listens to. It needs no 'stretch': a 'job' event of the same segment follows. */
export type HeardEvent = Exclude<PageEvent, { type: 'stretch' }>

/**
 * The messages of the page's event stream: the server's events, the library that is fetched before them ('library', then
 * 'songs' with each page, then 'libraryEnd'), and whether the server can be reached.
 */
export type StreamMessage =
  | HeardEvent
  | { type: 'library'; data: null }
  | { type: 'songs'; data: readonly LibrarySong[] }
  | { type: 'libraryEnd'; data: null }
  | { type: 'connected'; data: null }
  | { type: 'disconnected'; data: null }

/** A message with its data as JSON, as it passes from the worker to the pages. */
export type MessageText = { type: StreamMessage['type']; json: string }

/** The types as values; an object, so that TypeScript refuses a missing one. */
const HEARD: Record<HeardEvent['type'], true> = {
  song: true,
  progress: true,
  practice: true,
  lyrics: true,
  job: true,
  workers: true,
  setlists: true,
  deleted: true,
  reset: true,
}
export const HEARD_TYPES = Object.keys(HEARD) as HeardEvent['type'][]

/** Parses a message without checking it, because page and server have the same version. Only this function does so. */
export function parseMessage({ type, json }: MessageText): StreamMessage {
  return { type, data: JSON.parse(json) } as StreamMessage
}

export function messageWithoutData(type: Extract<StreamMessage, { data: null }>['type']): MessageText {
  return { type, json: 'null' }
}
