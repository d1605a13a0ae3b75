/** The largest file of words, and the largest text that is pasted, in bytes of UTF-8. */
export const MAX_LYRICS_BYTES = 1024 * 1024
export const MAX_LYRICS_LINES = 10_000
/** A song of ten minutes has about 2,000 words. So many take about 2 MB as JSON. */
export const MAX_LYRICS_WORDS = 20_000
/** A longer line is broken into several. */
export const MAX_WORDS_PER_LINE = 200
/** A longer word is broken into several. A task of a worker (`lyrics-task.ts`) takes words of this length. */
export const MAX_WORD_CHARACTERS = 200
export const MAX_SINGER_CHARACTERS = 60
/** A day. */
export const MAX_LYRICS_MS = 24 * 60 * 60 * 1_000

/** BCP 47, as `en` or `pt-BR`. */
export const LANGUAGE_TAG = /^[a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}$/
/**
 * What a text never contains: line ends, control characters, characters that reverse the direction of what follows (Unicode
 * UAX 9, 2.1 to 2.4), invisible spaces, and code points that are no characters.
 */
export const FORBIDDEN_CHARACTERS =
  /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\u00ad\u200b\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/u
