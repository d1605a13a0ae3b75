import { z } from 'zod'
import { LANGUAGE_TAG } from '../song/lyrics-limits.ts'
import { LyricsSchema } from '../song/lyrics-schema.ts'
import { MusicParams } from './schemas.ts'

/** The schemas of the routes of a song's words. The words themselves have the fields of `song/lyrics.ts`. */

const language = z.string().regex(LANGUAGE_TAG).nullable()
const version = z.int().positive()

export const LyricsWorkAnswer = z.object({
  kind: z.enum(['align', 'transcribe']),
  state: z.enum(['waiting', 'running', 'failed']),
  done: z.int(),
  total: z.int(),
  /** Why it failed, or what it waits for. */
  reason: z.string().nullable(),
})

export const LyricsAnswer = z.object({
  /** Null if none are in use. */
  lyrics: LyricsSchema.nullable(),
  version: version.nullable(),
  /** The newest first. */
  versions: z.array(
    z.object({
      version,
      source: LyricsSchema.shape.source,
      language,
      timing: z.enum(['none', 'lines', 'words']),
      is_draft: z.boolean(),
      lines: z.int(),
      created_at: z.iso.datetime(),
      in_use: z.boolean(),
    }),
  ),
  /** What is being done for them; null if nothing is. */
  work: LyricsWorkAnswer.nullable(),
})
export type LyricsAnswer = z.infer<typeof LyricsAnswer>

export const LyricsFormatQuery = z.object({ format: z.enum(['lrc', 'elrc', 'srt', 'ttml', 'txt']).optional() })
export const LyricsVersionParams = MusicParams.extend({ version: z.coerce.number().int().positive() })

/** Words with all their fields, or a text in any format that is read. */
export const LyricsBody = z.union([
  z.strictObject({ lyrics: LyricsSchema }),
  z.strictObject({
    /** At most 1 MB. */
    text: z.string(),
    /** A hint to its format. */
    file_name: z.string().max(1_000).optional(),
    language: language.optional(),
  }),
])
export type LyricsBody = z.infer<typeof LyricsBody>

export const LyricsUseBody = z.strictObject({ version: version.nullable() })
export const LyricsWorkBody = z.strictObject({
  kind: z.enum(['align', 'transcribe']),
  /** Null: as heard, or as the text says. */
  language: language.default(null),
})
export type LyricsWorkBody = z.infer<typeof LyricsWorkBody>
