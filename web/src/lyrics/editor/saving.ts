import { signal } from '@preact/signals'
import type { Lyrics } from '../../../../src/song/lyrics.ts'
import type { LyricsEdit } from './lyrics-edit.ts'

/** What the server has: null if no lyrics are in use. */
export type Newest = { lyrics: Lyrics | null; revision: number }

export type SaveState =
  | { kind: 'idle' | 'saving' | 'saved' }
  /** The server has other lyrics than those that the edit began with. */
  | { kind: 'conflict'; newest: Newest }
  | { kind: 'failed'; reason: string }

export type SaveRequests = {
  onSave(lyrics: Lyrics, revision: number): Promise<{ kind: 'saved'; revision: number } | { kind: 'changed-elsewhere' }>
  loadNewest(): Promise<Newest>
}

/** Saves an edit. If the lyrics were changed elsewhere, nothing is lost: the person chooses. */
export class Saving {
  readonly state = signal<SaveState>({ kind: 'idle' })
  readonly #edit: LyricsEdit
  readonly #requests: SaveRequests

  constructor(edit: LyricsEdit, requests: SaveRequests) {
    this.#edit = edit
    this.#requests = requests
  }

  /** Resolves to whether the server has the edit now. */
  async save(): Promise<boolean> {
    return this.#save(this.#edit.revision)
  }

  /** Saves the edit as a version after the server's, which stays among the versions. */
  async saveOver({ revision }: Newest): Promise<boolean> {
    return this.#save(revision)
  }

  /** Takes the server's lyrics. The own ones come back with an undo. */
  takeTheirs(): void {
    const state = this.state.peek()
    if (state.kind !== 'conflict' || !state.newest.lyrics) return
    this.#edit.takeOver('words from elsewhere', state.newest.lyrics, state.newest.revision)
    this.state.value = { kind: 'idle' }
  }

  decideLater(): void {
    if (this.state.peek().kind === 'conflict') this.state.value = { kind: 'idle' }
  }

  /** The server has newer lyrics: takes them over, unless something is unsaved. Then the person chooses. */
  follow(lyrics: Lyrics, revision: number): void {
    if (revision === this.#edit.revision || this.state.peek().kind === 'saving') return
    if (!this.#edit.isUnsaved.peek()) this.#edit.takeOver('words placed again', lyrics, revision)
    else if (isSame(lyrics, asSaved(this.#edit.lyrics.peek()))) this.#edit.markSaved(this.#edit.lyrics.peek(), revision)
    else this.state.value = { kind: 'conflict', newest: { lyrics, revision } }
  }

  async #save(revision: number): Promise<boolean> {
    if (this.state.peek().kind === 'saving') return false
    const lyrics = this.#edit.lyrics.peek()
    this.state.value = { kind: 'saving' }
    try {
      const answer = await this.#requests.onSave(asSaved(lyrics), revision)
      if (answer.kind === 'saved') {
        this.#edit.markSaved(lyrics, answer.revision)
        this.state.value = { kind: 'saved' }
        return true
      }
      this.state.value = { kind: 'conflict', newest: await this.#requests.loadNewest() }
    } catch (error) {
      this.state.value = { kind: 'failed', reason: error instanceof Error ? error.message : String(error) }
    }
    return false
  }
}

function asSaved(lyrics: Lyrics): Lyrics {
  return { ...lyrics, source: 'editor' }
}

function isSame(a: Lyrics, b: Lyrics): boolean {
  return JSON.stringify(a.lines) === JSON.stringify(b.lines)
}
