import { z } from 'zod'
import { singleLine } from '../platform/printable.ts'
import { MAX_SETLIST_NAME_CHARACTERS, MAX_SETLIST_SONGS } from '../song/setlist-limits.ts'

/** The schemas of setlists in the API. */

const musicId = z.int().positive()
const MAX_SENT_CHARACTERS = 1_000
const NAME_FAULT = `has 1 to ${MAX_SETLIST_NAME_CHARACTERS} characters`

const name = z
  .string()
  .max(MAX_SENT_CHARACTERS, { error: NAME_FAULT })
  .transform((text) => singleLine(text.toWellFormed()).normalize('NFC').trim())
  .refine((text) => text !== '' && [...text].length <= MAX_SETLIST_NAME_CHARACTERS, { error: NAME_FAULT })

/** Ids of songs, in order. */
const songs = z
  .array(musicId)
  .max(MAX_SETLIST_SONGS, { error: `has more than ${MAX_SETLIST_SONGS} songs` })
  .refine((ids) => new Set(ids).size === ids.length, { error: 'has a song twice' })

export const SetlistParams = z.object({ setlist_id: z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER) })
export const NewSetlistBody = z.object({ name, songs: songs.default([]) })
export const SetlistBody = z.object({ name, songs })
export const SetlistSongBody = z.object({ music_id: musicId })

export const Setlist = z.object({
  setlist_id: z.int(),
  name: z.string(),
  /** Ids of songs, in order. Deleted songs are left out. */
  songs: z.array(z.int()),
  /** Higher after each change. The ETag of the setlist is this number in quotes. */
  version: z.int(),
})
export type Setlist = z.infer<typeof Setlist>
