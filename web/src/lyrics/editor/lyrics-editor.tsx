import { useSignalEffect } from '@preact/signals'
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import type { Lyrics } from '../../../../src/song/lyrics.ts'
import { EditorHead } from './editor-head.tsx'
import { EditorHelp, EditorNote } from './editor-help.tsx'
import type { EditorPlayer, EditorVoice } from './editor-player.ts'
import { CloseQuestion, ConflictQuestion } from './editor-questions.tsx'
import { type EditorSession, loopOfLine, newView } from './editor-session.ts'
import { EditorTools } from './editor-tools.tsx'
import { focusSelected, focusWord } from './focus-selected.ts'
import { LineList } from './line-list.tsx'
import { listenToEditorKeys } from './listen-to-keys.ts'
import { LyricsEdit } from './lyrics-edit.ts'
import { type SaveRequests, Saving } from './saving.ts'
import { TapPad } from './tap-pad.tsx'
import { Tapping } from './tapping.ts'
import { VoiceLane } from './voice-lane.tsx'
import './editor.css'
import './voice-lane.css'
import './line-list.css'

export type LyricsEditorProps = SaveRequests & {
  /** Names the unsaved edit in this browser. */
  musicId: number
  title: string
  /** Where the edit begins. Newer ones are taken over, or asked about. */
  lyrics: Lyrics
  /** The revision of these lyrics on the server. */
  revision: number
  player: EditorPlayer
  /** Null without a voice stem. */
  voice: EditorVoice | null
  /** Whether words are being placed by a worker. */
  isAligning: boolean
  /** Has every word placed again that is not confirmed. Null where that is not possible. */
  onAlignAgain: (() => Promise<void>) | null
  onClose(): void
}

/** The editor of words in time. It covers the page and has all keys while it is there. */
export function LyricsEditor(props: LyricsEditorProps) {
  const { title, lyrics, revision, voice, isAligning, onClose } = props
  const dialog = useRef<HTMLDialogElement>(null)
  const latest = useRef(props)
  latest.current = props
  const session = useMemo(() => openSession(latest), [])
  const { edit, saving, view } = session
  useLayoutEffect(() => {
    const opened = dialog.current
    opened?.showModal()
    focusSelected(edit.selected.peek())
    // The focus goes back to where it was.
    return () => opened?.close()
  }, [])
  useEffect(() => (dialog.current ? listenToEditorKeys(session, dialog.current) : undefined), [])
  useEffect(() => keepChanges(session), [])
  useEffect(() => saving.follow(lyrics, revision), [revision, saving.state.value.kind === 'saving'])
  useSignalEffect(() => session.player.setLoop(view.isLooping.value ? loopOfLine(session) : null))
  useSignalEffect(() => showSelected(session))
  const state = saving.state.value
  return (
    <dialog
      class="lyrics-editor"
      aria-label={`Words of ${title} in time`}
      ref={dialog}
      onCancel={(event) => {
        event.preventDefault()
        if (event.target === event.currentTarget) session.close()
      }}
    >
      <EditorHead session={session} title={title} />
      <EditorNote session={session} />
      <VoiceLane session={session} voice={voice} />
      <EditorTools session={session} isAligning={isAligning} />
      <LineList session={session} />
      <TapPad session={session} />
      <EditorHelp session={session} />
      <p class="unseen" role="status">
        {view.said.value}
      </p>
      {view.isAskingToClose.value ? <CloseQuestion session={session} onClose={onClose} /> : null}
      {state.kind === 'conflict' ? <ConflictQuestion session={session} newest={state.newest} /> : null}
    </dialog>
  )
}

function openSession({ current }: { current: LyricsEditorProps }): EditorSession {
  const { player, onAlignAgain, onClose } = current
  const edit = new LyricsEdit(current)
  const saving = new Saving(edit, current)
  const view = newView()
  return {
    edit,
    saving,
    view,
    player,
    tapping: new Tapping(edit, player),
    close() {
      if (edit.isUnsaved.peek()) view.isAskingToClose.value = true
      else onClose()
    },
    alignAgain: onAlignAgain && (() => void saveAndAlign(saving, edit, onAlignAgain)),
  }
}

async function saveAndAlign(saving: Saving, edit: LyricsEdit, alignAgain: () => Promise<void>): Promise<void> {
  if (edit.isUnsaved.peek() && !(await saving.save())) return
  await alignAgain().catch((error: unknown) => {
    saving.state.value = { kind: 'failed', reason: error instanceof Error ? error.message : String(error) }
  })
}

/** Stores unsaved changes in this browser, and has it ask before the page is left. Gives the player back when it ends. */
function keepChanges({ edit, tapping, player }: EditorSession): () => void {
  const stopKeeping = edit.keepUnsaved()
  const ask = (event: BeforeUnloadEvent) => {
    if (edit.isUnsaved.peek()) event.preventDefault()
  }
  window.addEventListener('beforeunload', ask)
  window.addEventListener('pagehide', edit.storeUnsaved)
  return () => {
    window.removeEventListener('beforeunload', ask)
    window.removeEventListener('pagehide', edit.storeUnsaved)
    tapping.stop()
    stopKeeping()
    player.pause()
    player.setTempo(null)
    player.setLoop(null)
  }
}

/** Keeps the selected word in view, and the focus on it if it was on a word, or on a control that is no more. */
function showSelected({ edit, tapping, view }: EditorSession): void {
  const { line, word } = edit.selected.value
  void (tapping.next.value === null)
  const on = document.activeElement?.matches('[data-block]') ? 'block' : 'word'
  requestAnimationFrame(() => {
    document.querySelector(`.lyrics-editor [data-word="${line}.${word}"]`)?.scrollIntoView({ block: 'nearest' })
    const focused = document.activeElement
    const isLost = focused === null || focused === document.body || focused.matches('.lyrics-editor')
    if (view.form.peek() !== null) return
    if ((isLost || focused.matches('[data-block], [data-word]')) && !focusWord({ line, word }, on))
      requestAnimationFrame(() => focusWord({ line, word }, on))
  })
}
