import type { Lyrics, LyricsLine, LyricsWord } from '../../song/lyrics.ts'
import type { LyricsTaskResult } from '../../song/lyrics-task.ts'
import { matchWords, spellingOf } from './match-words.ts'
import { risingPart } from './rising.ts'
import { syllablesOf } from './syllables.ts'
import type { VoiceLevels } from './voice.ts'
import { afterShare, type VoicedTime, voicedTime } from './voiced-time.ts'

/** A word that was heard, with its time in the song. */
export type HeardWord = LyricsTaskResult['words'][number]

/**
 * The attention of the network comes before the word is heard. Measured on two collections of songs with known words, the median
 * is 0.09 s; so every time that comes from it is that much later.
 */
export const ATTENTION_LEAD_MS = 90
/** A word is an anchor if what was heard is this similar to it, and a neighbour of it was heard next to it. */
const MIN_ANCHOR_SIMILARITY = 0.75
const NEIGHBOUR_MS = 2_500
/** A text of another song has a few words by chance. */
const MIN_ANCHOR_SHARE = 0.15

/**
 * A text with first times: those at which its words were heard, and between them the share of the singing that the syllables
 * have. A word that was heard itself, or that a person has placed, has an end; a guessed one has none.
 */
export function guessTimes(
  text: Lyrics,
  heard: readonly HeardWord[],
  levels: VoiceLevels,
): { guess: Lyrics; fits: boolean } {
  const words = text.lines.flatMap((line) => line.words)
  const anchors = anchorsOf(words, heard)
  const share = anchors.size / Math.max(1, words.length)
  const confirmed = words.some(({ isConfirmed }) => isConfirmed)
  for (const [index, word] of words.entries()) {
    if (word.isConfirmed && word.startMs !== null)
      anchors.set(index, { startMs: word.startMs, endMs: word.endMs ?? word.startMs })
  }
  const starts = betweenAnchors(words, anchors, voicedTime(levels))
  let at = 0
  const lines = text.lines.map((line) => {
    const timed = line.words.map((word): LyricsWord => {
      const index = at++
      const startMs = Math.round(starts[index] ?? 0)
      const anchor = anchors.get(index)
      return { ...word, startMs, endMs: anchor ? Math.max(startMs, Math.round(anchor.endMs)) : null, syllables: null }
    })
    return lineOf(line, timed)
  })
  return { guess: { ...text, lines }, fits: confirmed || share >= MIN_ANCHOR_SHARE }
}

export function lineOf(line: LyricsLine, words: readonly LyricsWord[]): LyricsLine {
  const startMs = words[0]?.startMs ?? line.startMs
  const endMs = words.at(-1)?.endMs ?? null
  return { ...line, words, startMs, endMs: endMs === null || startMs === null ? null : Math.max(startMs, endMs) }
}

type Anchor = { startMs: number; endMs: number }

function anchorsOf(words: readonly LyricsWord[], heard: readonly HeardWord[]): Map<number, Anchor> {
  const matches = matchWords(
    words.map(({ text }) => spellingOf(text)),
    heard.map(({ text }) => spellingOf(text)),
  )
  const times = new Map((matches ?? []).map((match) => [match.text, heard[match.heard]?.startMs ?? 0]))
  const isNear = (index: number, by: number) => {
    const [own, other] = [times.get(index), times.get(index + by)]
    if (own === undefined || other === undefined) return false
    const laterMs = (other - own) * by
    return laterMs >= 0 && laterMs < NEIGHBOUR_MS
  }
  const strong = (matches ?? []).filter(
    ({ text, similarity }) => similarity >= MIN_ANCHOR_SIMILARITY && (isNear(text, 1) || isNear(text, -1)),
  )
  const rising = risingPart(strong.map(({ text }) => times.get(text) ?? 0))
  return new Map(
    rising.flatMap((at) => {
      const match = strong[at]
      const word = match && heard[match.heard]
      if (!word) return []
      const anchor = { startMs: word.startMs + ATTENTION_LEAD_MS, endMs: word.endMs + ATTENTION_LEAD_MS }
      return [[match.text, anchor] as const]
    }),
  )
}

/** Shares the singing between two anchors among the syllables between them. */
function betweenAnchors(
  words: readonly LyricsWord[],
  anchors: ReadonlyMap<number, Anchor>,
  voiced: VoicedTime,
): number[] {
  const counts = words.map(({ text }) => syllablesOf(text))
  const before = [0]
  for (const count of counts) before.push((before.at(-1) ?? 0) + count)
  const starts = new Array<number>(words.length).fill(0)
  const known = [...anchors.keys()].sort((a, b) => a - b)
  for (let k = -1; k < known.length; k++) {
    const from = k < 0 ? 0 : (known[k] ?? 0)
    const to = known[k + 1] ?? words.length
    const toMs = anchors.get(to)?.startMs ?? Math.max(voiced.lastMs, anchors.get(known.at(-1) ?? -1)?.startMs ?? 0)
    const fromMs = k < 0 ? Math.min(voiced.firstMs, toMs) : (anchors.get(from)?.startMs ?? 0)
    const all = (before[to] ?? 0) - (before[from] ?? 0)
    for (let i = from; i < to; i++) {
      const share = all === 0 ? 0 : ((before[i] ?? 0) - (before[from] ?? 0)) / all
      starts[i] = afterShare(voiced, [fromMs, toMs], share)
    }
  }
  for (const [index, { startMs }] of anchors) starts[index] = startMs
  return starts
}
