import type { Lyrics, LyricsWord } from '../../../../../src/song/lyrics.ts'
import { endBefore, MIN_WORD_MS, neighbourBefore } from './neighbours.ts'
import { endOf } from './place-word.ts'
import { retimed } from './scale-times.ts'
import { changeLine, changeWord, placeAfter, type WordPlace, withTimesOfWords, wordAt } from './word-place.ts'

/** A key that is held for less is a tap: it says only where a word begins. Of the song, so half of it at half tempo. */
const SHORT_TAP_MS = 150
/** The longest a word sounds on after a short tap if the next word is of another line. */
const LAST_WORD_MS = 600

/**
 * The word begins now. A word before it that has no end, or a later one, ends here. Words after it make way: those that ended
 * before lose their times, because they are tapped next.
 */
export function tapWord(lyrics: Lyrics, place: WordPlace, ms: number): Lyrics {
  const word = wordAt(lyrics, place)
  if (!word) return lyrics
  const before = neighbourBefore(lyrics, place)
  const startMs = Math.max(Math.round(ms), before?.startMs ?? 0)
  const free = makeWay(lyrics, place, startMs)
  const tapped = changeWord(free, place, (each) => ({
    ...retimed(each, { startMs, endMs: null }),
    isConfirmed: true,
  }))
  if (!before) return tapped
  if (before.endMs !== null) return endBefore(tapped, before, startMs)
  const latest = before.line === place.line ? startMs : Math.min(startMs, before.startMs + LAST_WORD_MS)
  const ended = { startMs: before.startMs, endMs: latest }
  if (before.word === null) return changeLine(tapped, before.line, (each) => ({ ...each, endMs: latest }))
  return changeWord(tapped, { line: before.line, word: before.word }, (each) => retimed(each, ended))
}

/** The key of the tapped word was let go. After a short tap the word ends where the next begins. */
export function endTappedWord(lyrics: Lyrics, place: WordPlace, ms: number): Lyrics {
  const startMs = wordAt(lyrics, place)?.startMs ?? null
  if (startMs === null || ms - startMs < SHORT_TAP_MS) return lyrics
  const endMs = Math.max(Math.round(ms), startMs + MIN_WORD_MS)
  return changeWord(makeWay(lyrics, place, endMs), place, (each) => retimed(each, { startMs, endMs }))
}

/** Gives the last tapped word an end, when tapping stops. */
export function endLastTap(lyrics: Lyrics, place: WordPlace): Lyrics {
  const word = wordAt(lyrics, place)
  if (!word || word.startMs === null || word.endMs !== null) return lyrics
  const endMs = endOf(lyrics, place, word.startMs)
  return changeWord(lyrics, place, (each) => retimed(each, { startMs: word.startMs ?? 0, endMs }))
}

/** Keeps the words of the same singer after a place out of the time before `ms`: they begin then, or lose their times. */
function makeWay(lyrics: Lyrics, place: WordPlace, ms: number): Lyrics {
  const singer = lyrics.lines[place.line]?.singer
  let free = lyrics
  for (let at = placeAfter(lyrics, place, 1); at; at = placeAfter(lyrics, at, 1)) {
    const { line, word } = at
    if (lyrics.lines[line]?.singer !== singer) continue
    const startMs = wordAt(lyrics, at)?.startMs ?? null
    if (startMs !== null && startMs >= ms) return free
    free = changeLine(free, line, (each) => {
      const words = startMs === null ? each.words : each.words.map((one, i) => (i === word ? wordFrom(one, ms) : one))
      const isStale = line > place.line && words.every(isUntimed) && each.startMs !== null && each.startMs < ms
      const isLonger = each.endMs !== null && each.endMs > ms
      const times = isStale ? { startMs: isLonger ? ms : null, endMs: isLonger ? each.endMs : null } : {}
      return withTimesOfWords({ ...each, words, ...times })
    })
  }
  return free
}

/** The rest of a word from a time on. Too short a rest has no times. */
function wordFrom(word: LyricsWord, ms: number): LyricsWord {
  const { endMs } = word
  return endMs === null || endMs - ms < MIN_WORD_MS ? untimed(word) : retimed(word, { startMs: ms, endMs })
}

export function untimed(word: LyricsWord): LyricsWord {
  return { ...word, startMs: null, endMs: null, syllables: null, isConfirmed: false }
}

function isUntimed({ startMs }: LyricsWord): boolean {
  return startMs === null
}
