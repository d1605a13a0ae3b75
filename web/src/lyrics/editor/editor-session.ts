import { signal } from '@preact/signals'
import type { EditorPlayer } from './editor-player.ts'
import { spanOfLine, wordAt } from './edits/word-place.ts'
import type { LyricsEdit } from './lyrics-edit.ts'
import type { Saving } from './saving.ts'
import type { Tapping } from './tapping.ts'

/** What a move concerns beside a single word. */
export type MoveScope = 'from-here' | 'all'
/** A small form that is open in the row of the selected line. */
export type OpenForm = 'retype' | 'singer' | 'insert' | 'insertAbove' | 'split-word' | null

/** What the parts of an open editor share. */
export type EditorSession = {
  edit: LyricsEdit
  tapping: Tapping
  saving: Saving
  player: EditorPlayer
  view: EditorView
  /** Asks whether unsaved changes are to be saved, and closes the editor. */
  close(): void
  /** Saves, and places the words again that are not confirmed. Null where that is not possible. */
  alignAgain: (() => void) | null
}

export type EditorView = ReturnType<typeof newView>

export function newView() {
  return {
    isLooping: signal(false),
    moveScope: signal<MoveScope>('from-here'),
    form: signal<OpenForm>(null),
    isAskingToClose: signal(false),
    isHelpShown: signal(false),
    /** What a screen reader says of the last command. */
    said: signal(''),
  }
}

const LOOP_MARGIN_MS = 400
const RUN_UP_MS = 500

/** The loop around the selected line; null if it has no times. */
export function loopOfLine({ edit }: EditorSession): { startMs: number; endMs: number } | null {
  const line = edit.lyrics.value.lines[edit.selected.value.line]
  const span = line && spanOfLine(line)
  if (!span || span.endMs <= span.startMs) return null
  return { startMs: Math.max(0, span.startMs - LOOP_MARGIN_MS), endMs: span.endMs + LOOP_MARGIN_MS }
}

/** Plays from shortly before the selected word. */
export function playFromSelected({ edit, player }: EditorSession): void {
  const [lyrics, at] = [edit.lyrics.peek(), edit.selected.peek()]
  const ms = wordAt(lyrics, at)?.startMs ?? lyrics.lines[at.line]?.startMs
  if (ms !== null && ms !== undefined) player.seek(Math.max(0, ms - RUN_UP_MS))
  player.play()
}

export function togglePlay({ player }: EditorSession): void {
  if (player.isPlaying.peek()) player.pause()
  else player.play()
}
