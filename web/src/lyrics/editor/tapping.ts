import { signal } from '@preact/signals'
import { textOfLine } from '../../../../src/song/lyrics.ts'
import type { EditorPlayer } from './editor-player.ts'
import { endTappedLine, tapLine } from './edits/tap-lines.ts'
import { endLastTap, endTappedWord, tapWord } from './edits/tap-words.ts'
import { placeAfter, spanOfLine, type WordPlace, wordAt } from './edits/word-place.ts'
import type { LyricsEdit } from './lyrics-edit.ts'

/** What a tap places. */
export type TapUnit = 'word' | 'line'

/** The song plays this long before the word that is tapped first. Of the song, so twice as long at half tempo. */
const RUN_UP_MS = 1_500
const HALF_TEMPO = 0.5
/** The end of a tap is a step with its beginning, however long it was held. */
const ONE_STEP = { atMs: 0 }

/** Tap mode: the song plays, and each press places the next word or line. */
export class Tapping {
  readonly #edit: LyricsEdit
  readonly #player: EditorPlayer
  /** What is tapped next; null when tap mode is off. */
  readonly next = signal<WordPlace | null>(null)
  readonly unit = signal<TapUnit>('word')
  readonly isHalfTempo = signal(false)
  /** What the key that is held down has placed. */
  #held: { place: WordPlace; unit: TapUnit; key: string } | null = null
  #last: WordPlace | null = null
  #taps = 0

  constructor(edit: LyricsEdit, player: EditorPlayer) {
    this.#edit = edit
    this.#player = player
  }

  /** Begins at the selected word, or at its line. */
  start(): void {
    const { line, word } = this.#edit.selected.peek()
    this.#last = null
    this.#moveTo({ line, word: this.unit.peek() === 'line' ? 0 : word })
    this.setHalfTempo(true)
    this.#player.play()
  }

  stop(): void {
    if (this.next.peek() === null) return
    this.up()
    const last = this.#last
    if (last && this.unit.peek() === 'word')
      this.#edit.change('last tap', (lyrics) => endLastTap(lyrics, last), { key: `tap ${this.#taps}`, ...ONE_STEP })
    this.next.value = null
    this.setHalfTempo(false)
    this.#player.pause()
  }

  toggle(): void {
    if (this.next.peek() === null) this.start()
    else this.stop()
  }

  setUnit(unit: TapUnit): void {
    this.unit.value = unit
    const next = this.next.peek()
    if (next && unit === 'line') this.next.value = { line: next.line, word: 0 }
  }

  setHalfTempo(isHalf: boolean): void {
    const isNow = isHalf && this.#player.hasTempo.peek()
    this.isHalfTempo.value = isNow
    this.#player.setTempo(isNow ? HALF_TEMPO : null)
  }

  /** A press: while the song is paused it only plays on. */
  down(): void {
    const place = this.next.peek()
    if (!place || this.#held) return
    if (!this.#player.isPlaying.peek()) {
      this.#player.play()
      return
    }
    const [unit, ms] = [this.unit.peek(), this.#player.positionMs()]
    const key = `tap ${++this.#taps}`
    this.#held = { place, unit, key }
    this.#edit.change(
      `tap of ${this.#nameOf(place)}`,
      (lyrics) => (unit === 'word' ? tapWord(lyrics, place, ms) : tapLine(lyrics, place.line, ms)),
      { key, ...ONE_STEP },
    )
    this.#edit.selected.value = place
    this.#last = place
    this.next.value = this.#after(place, 1) ?? place
  }

  up(): void {
    if (!this.#held) return
    const { place, unit, key } = this.#held
    const ms = this.#player.positionMs()
    this.#held = null
    this.#edit.change(
      `tap of ${this.#nameOf(place)}`,
      (lyrics) => (unit === 'word' ? endTappedWord(lyrics, place, ms) : endTappedLine(lyrics, place.line, ms)),
      { key, ...ONE_STEP },
    )
    if (this.#after(place, 1) === null) this.stop()
  }

  /** Goes back two words, or two lines, and plays from shortly before them, so that they can be tapped again. */
  stepBack(): void {
    const next = this.next.peek()
    if (!next) return
    this.#held = null
    const one = this.#after(next, -1) ?? next
    this.#moveTo(this.#after(one, -1) ?? one)
    this.#player.play()
  }

  #moveTo(place: WordPlace): void {
    const lyrics = this.#edit.lyrics.peek()
    const line = lyrics.lines[place.line]
    const ms = wordAt(lyrics, place)?.startMs ?? (line && spanOfLine(line)?.startMs)
    this.next.value = place
    this.#edit.selected.value = place
    if (ms !== undefined) this.#player.seek(Math.max(0, ms - RUN_UP_MS))
  }

  #after({ line, word }: WordPlace, step: 1 | -1): WordPlace | null {
    const lyrics = this.#edit.lyrics.peek()
    if (this.unit.peek() === 'word') return placeAfter(lyrics, { line, word }, step)
    return lyrics.lines[line + step] ? { line: line + step, word: 0 } : null
  }

  #nameOf(place: WordPlace): string {
    const { lines } = this.#edit.lyrics.peek()
    const line = lines[place.line]
    if (this.unit.peek() === 'line') return line ? `“${textOfLine(line)}”` : 'a line'
    return `“${line?.words[place.word]?.text.trim() ?? ''}”`
  }
}
