import { type EditorSession, type OpenForm, playFromSelected, togglePlay } from './editor-session.ts'
import {
  clearTimes,
  confirmLine,
  deleteLine,
  isConfirmed,
  markChecked,
  nextDoubtful,
  unconfirmLine,
} from './edits/change-lines.ts'
import { moveAll, moveFrom } from './edits/move-times.ts'
import { placeWordAt } from './edits/place-word.ts'
import { joinLines, splitLine } from './edits/split-and-join-lines.ts'
import { joinWords } from './edits/split-and-join-words.ts'
import { placeAfter } from './edits/word-place.ts'
import { focusSelected } from './focus-selected.ts'

export type EditCommand = keyof typeof COMMANDS

/** How far a key moves everything from the selected word on, or all. */
const MOVE_MS = 50
/** The song plays this long before a line that is to be checked. */
const RUN_UP_MS = 500

/** What each command does with the selected word and its line. */
const COMMANDS = {
  play: togglePlay,
  playFromHere: playFromSelected,
  tap: ({ tapping }) => tapping.toggle(),
  tapUnit: ({ tapping }) => tapping.setUnit(tapping.unit.peek() === 'word' ? 'line' : 'word'),
  halfTempo: ({ tapping }) => tapping.setHalfTempo(!tapping.isHalfTempo.peek()),
  loop({ view }) {
    view.isLooping.value = !view.isLooping.peek()
  },
  nextWord: (session) => selectBeside(session, 1),
  previousWord: (session) => selectBeside(session, -1),
  nextLine: (session) => selectLine(session, 1),
  previousLine: (session) => selectLine(session, -1),
  waveform({ edit }) {
    const isOnWaveform = document.activeElement?.matches('[data-block]')
    focusSelected(edit.selected.peek(), isOnWaveform ? 'word' : 'block')
  },
  place({ edit, player }) {
    const [place, ms] = [edit.selected.peek(), player.positionMs()]
    edit.change('word placed at the playhead', (lyrics) => placeWordAt(lyrics, place, ms))
  },
  splitLine: splitAtSelected,
  joinLines: ({ edit }) => edit.change('lines joined', (lyrics) => joinLines(lyrics, edit.selected.peek().line)),
  splitWord: (session) => openForm(session, 'split-word'),
  joinWords: ({ edit }) => edit.change('words joined', (lyrics) => joinWords(lyrics, edit.selected.peek())),
  retype: (session) => openForm(session, 'retype'),
  insert: (session) => openForm(session, 'insert'),
  insertAbove: (session) => openForm(session, 'insertAbove'),
  singer: (session) => openForm(session, 'singer'),
  confirm: confirmSelected,
  checked: ({ edit }) => edit.change('line checked', (lyrics) => markChecked(lyrics, edit.selected.peek().line)),
  nextDoubtful: selectDoubtful,
  clear: ({ edit }) => edit.change('line cleared of times', (lyrics) => clearTimes(lyrics, edit.selected.peek().line)),
  delete: ({ edit }) => edit.change('line deleted', (lyrics) => deleteLine(lyrics, edit.selected.peek().line)),
  earlier: (session) => moveTimes(session, -MOVE_MS),
  later: (session) => moveTimes(session, MOVE_MS),
  moveScope({ view }) {
    view.moveScope.value = view.moveScope.peek() === 'all' ? 'from-here' : 'all'
  },
  undo: ({ edit }) => edit.undo(),
  redo: ({ edit }) => edit.redo(),
  save({ saving }) {
    void saving.save()
  },
  help({ view }) {
    view.isHelpShown.value = !view.isHelpShown.peek()
  },
} satisfies Record<string, (session: EditorSession) => void>

/** Carries out a command on the selected word and its line. */
export function performEdit(session: EditorSession, command: EditCommand): void {
  COMMANDS[command](session)
}

/** Moves all times, or those from the selected word on. Several moves in a row are one step. */
export function moveTimes({ edit, view }: EditorSession, byMs: number): void {
  const place = edit.selected.peek()
  if (view.moveScope.peek() === 'all') {
    edit.change('all words moved', (lyrics) => moveAll(lyrics, byMs), { key: 'move all' })
    return
  }
  const key = `move from ${place.line}.${place.word}`
  edit.change('words moved from here on', (lyrics) => moveFrom(lyrics, place, byMs), { key })
}

function openForm({ view }: EditorSession, form: OpenForm): void {
  view.form.value = form
}

function splitAtSelected({ edit }: EditorSession): void {
  const [place, before] = [edit.selected.peek(), edit.lyrics.peek()]
  edit.change('line split', (lyrics) => splitLine(lyrics, place))
  if (edit.lyrics.peek() !== before) edit.selected.value = { line: place.line + 1, word: 0 }
}

function confirmSelected({ edit }: EditorSession): void {
  const { line } = edit.selected.peek()
  const each = edit.lyrics.peek().lines[line]
  if (!each) return
  if (isConfirmed(each)) edit.change('line not confirmed any more', (lyrics) => unconfirmLine(lyrics, line))
  else edit.change('line confirmed', (lyrics) => confirmLine(lyrics, line))
}

function selectBeside({ edit }: EditorSession, step: 1 | -1): void {
  const place = edit.selected.peek()
  edit.selected.value = placeAfter(edit.lyrics.peek(), place, step) ?? place
}

function selectLine({ edit }: EditorSession, step: 1 | -1): void {
  const { line, word } = edit.selected.peek()
  const words = edit.lyrics.peek().lines[line + step]?.words
  if (words) edit.selected.value = { line: line + step, word: Math.min(word, Math.max(0, words.length - 1)) }
}

function selectDoubtful({ edit, player, view }: EditorSession): void {
  const line = nextDoubtful(edit.lyrics.peek(), edit.selected.peek().line)
  if (line === null) {
    view.said.value = 'No line is left to check.'
    return
  }
  edit.selected.value = { line, word: 0 }
  const startMs = edit.lyrics.peek().lines[line]?.startMs ?? null
  if (startMs !== null && !player.isPlaying.peek()) player.seek(Math.max(0, startMs - RUN_UP_MS))
}
