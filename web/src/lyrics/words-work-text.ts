import type { LoadedLyrics } from '../server/lyrics.ts'

const DOING = {
  align: 'The words are being placed',
  transcribe: 'The words are being heard',
}
const FAILED = {
  align: 'The words could not be placed',
  transcribe: 'No words were found',
}

/** What is being done for the words of a song, in a sentence. */
export function wordsWorkText({ kind, state, done, total, reason }: NonNullable<LoadedLyrics['work']>): string {
  if (state === 'failed') return reason ? `${FAILED[kind]}: ${reason}` : `${FAILED[kind]}.`
  if (state === 'waiting') return `${DOING[kind]} soon${reason ? `: ${reason}` : ' …'}`
  return total > 0 ? `${DOING[kind]}, ${done} of ${total} …` : `${DOING[kind]} …`
}
