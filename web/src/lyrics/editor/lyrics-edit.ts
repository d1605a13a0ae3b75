import { computed, effect, type Signal, signal } from '@preact/signals'
import type { Lyrics } from '../../../../src/song/lyrics.ts'
import { addStep, type EditHistory, newHistory, redo, undo } from './edit-history.ts'
import { type WordPlace, wordAt } from './edits/word-place.ts'
import { readUnsaved, storeUnsaved, type UnsavedEdits } from './unsaved-edit.ts'

/** How long a change may wait before it is stored in the browser. */
const STORE_AFTER_MS = 300

/** One edit of a song's lyrics: what they are now, the steps that led there, and the word that is selected. */
export class LyricsEdit {
  readonly #musicId: number
  readonly #storage: UnsavedEdits
  readonly #history: Signal<EditHistory>
  readonly #saved: Signal<Lyrics>
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The revision of the server's lyrics that the edit is based on. */
  revision: number
  /** Whether the edit goes on with changes that an earlier visit left unsaved. */
  readonly isRestored: boolean
  readonly selected = signal<WordPlace>({ line: 0, word: 0 })
  readonly lyrics = computed(() => this.#now.lyrics)
  readonly isUnsaved = computed(() => this.lyrics.value !== this.#saved.value)
  readonly canUndo = computed(() => this.#now.done.at(-1)?.label ?? null)
  readonly canRedo = computed(() => this.#now.undone.at(-1)?.label ?? null)

  constructor(
    { musicId, lyrics, revision }: { musicId: number; lyrics: Lyrics; revision: number },
    storage: UnsavedEdits = sessionStorage,
  ) {
    const unsaved = readUnsaved(musicId, storage)
    this.#musicId = musicId
    this.#storage = storage
    this.revision = unsaved?.revision ?? revision
    this.isRestored = unsaved !== null
    this.#saved = signal<Lyrics>(lyrics)
    this.#history = signal<EditHistory>(newHistory(lyrics))
    if (unsaved) this.change('changes of the last visit', () => unsaved.lyrics)
  }

  get #now(): EditHistory {
    return this.#history.value
  }

  /** Makes a change as a step. Changes with the same key that follow each other quickly are one step. */
  change(
    label: string,
    edit: (lyrics: Lyrics) => Lyrics,
    { key = null, atMs = performance.now() }: StepOptions = {},
  ): void {
    const history = this.#history.peek()
    this.#history.value = addStep(history, { label, lyrics: edit(history.lyrics), key, atMs })
    this.#keepSelection()
  }

  undo(): void {
    this.#history.value = undo(this.#history.peek())
    this.#keepSelection()
  }

  redo(): void {
    this.#history.value = redo(this.#history.peek())
    this.#keepSelection()
  }

  /** The server has these lyrics now. */
  markSaved(lyrics: Lyrics, revision: number): void {
    this.revision = revision
    this.#saved.value = lyrics
  }

  /** Goes on with the server's lyrics, as a step that can be taken back. */
  takeOver(label: string, lyrics: Lyrics, revision: number): void {
    this.change(label, () => lyrics)
    this.markSaved(lyrics, revision)
  }

  /** Stores what is unsaved in the browser, whenever it changes. Returns what ends that and stores it at once. */
  keepUnsaved(): () => void {
    const stop = effect(() => {
      void [this.lyrics.value, this.isUnsaved.value]
      clearTimeout(this.#timer)
      this.#timer = setTimeout(this.storeUnsaved, STORE_AFTER_MS)
    })
    return () => {
      stop()
      clearTimeout(this.#timer)
      this.storeUnsaved()
    }
  }

  /** Stores what is unsaved in the browser now. */
  readonly storeUnsaved = (): void => {
    storeUnsaved(this.#musicId, this.#unsaved(), this.#storage)
  }

  /** Takes back all that is unsaved. */
  discard(): void {
    this.change('changes discarded', () => this.#saved.peek())
  }

  #unsaved(): { lyrics: Lyrics; revision: number } | null {
    return this.isUnsaved.peek() ? { lyrics: this.lyrics.peek(), revision: this.revision } : null
  }

  /** A word that is no more gives the selection to one near it. */
  #keepSelection(): void {
    const { lines } = this.lyrics.peek()
    const at = this.selected.peek()
    if (wordAt(this.lyrics.peek(), at)) return
    const line = Math.max(0, Math.min(at.line, lines.length - 1))
    this.selected.value = { line, word: Math.max(0, Math.min(at.word, (lines[line]?.words.length ?? 1) - 1)) }
  }
}

type StepOptions = { key?: string | null; atMs?: number }
