import type { Lyrics } from '../../src/song/lyrics.ts'

/** A text without times. Each line of it is a line of the song. */
export function wordsOf(text: string): Lyrics {
  const lines = text.split('\n').map((line) => {
    const words = (line.match(/\S+\s*/g) ?? []).map((word) => {
      return { text: word, startMs: null, endMs: null, syllables: null, reading: null, isConfirmed: false }
    })
    return { words, startMs: null, endMs: null, singer: null, isDoubtful: false }
  })
  return { language: 'en', source: 'pasted', isDraft: false, lines }
}
