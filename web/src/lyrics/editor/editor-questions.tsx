import { type Lyrics, textOfLine } from '../../../../src/song/lyrics.ts'
import { Dialog } from '../../design/dialog.tsx'
import type { EditorSession } from './editor-session.ts'
import { formatTime } from './format-time.ts'
import type { Newest } from './saving.ts'

/** The lines that differ, at most so many, are shown side by side. */
const SHOWN_LINES = 5

/** Asks what becomes of unsaved changes when the editor is to be closed. */
export function CloseQuestion({ session, onClose }: { session: EditorSession; onClose(): void }) {
  const { edit, saving, view } = session
  const stay = () => {
    view.isAskingToClose.value = false
  }
  return (
    <Dialog title="Close without saving?" onClose={stay}>
      {(close) => (
        <>
          <p>Your changes to the words are not saved.</p>
          <div class="dialog-buttons editor-choices">
            <button type="button" onClick={close}>
              Go on editing
            </button>
            <button
              type="button"
              onClick={() => {
                edit.discard()
                close()
                onClose()
              }}
            >
              Discard the changes
            </button>
            <button
              type="button"
              class="primary"
              onClick={() => {
                close()
                void saving.save().then((isSaved) => isSaved && onClose())
              }}
            >
              Save and close
            </button>
          </div>
        </>
      )}
    </Dialog>
  )
}

/** The words were changed elsewhere: shows both, and lets the person choose. Nothing is lost with either choice. */
export function ConflictQuestion({ session, newest }: { session: EditorSession; newest: Newest }) {
  const { edit, saving } = session
  const mine = edit.lyrics.value
  const different = differences(mine, newest.lyrics)
  return (
    <Dialog title="The words were changed elsewhere" onClose={() => saving.decideLater()}>
      {(close) => (
        <>
          <p>
            {newest.lyrics
              ? 'The server has other words than those that you began with.'
              : 'The server does not use any words for this song now.'}
          </p>
          {newest.lyrics ? (
            <table class="editor-differences">
              <thead>
                <tr>
                  <th scope="col">Yours</th>
                  <th scope="col">The other ones</th>
                </tr>
              </thead>
              <tbody>
                {different.slice(0, SHOWN_LINES).map(({ line, own, other }) => (
                  <tr key={line}>
                    <td dir="auto">{own}</td>
                    <td dir="auto">{other}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          ) : null}
          {different.length > SHOWN_LINES ? (
            <p class="soft small">and {different.length - SHOWN_LINES} more lines</p>
          ) : null}
          <p class="soft small">
            If you save yours, the other ones stay among the versions. If you take the other ones, Undo brings yours
            back.
          </p>
          <div class="dialog-buttons editor-choices">
            <button type="button" onClick={close}>
              Decide later
            </button>
            {newest.lyrics ? (
              <button
                type="button"
                onClick={() => {
                  saving.takeTheirs()
                  close()
                }}
              >
                Take the other ones
              </button>
            ) : null}
            <button
              type="button"
              class="primary"
              onClick={() => {
                void saving.saveOver(newest)
                close()
              }}
            >
              Save mine
            </button>
          </div>
        </>
      )}
    </Dialog>
  )
}

function differences(mine: Lyrics, theirs: Lyrics | null): { line: number; own: string; other: string }[] {
  const length = Math.max(mine.lines.length, theirs?.lines.length ?? 0)
  return Array.from({ length }, (_, line) => {
    return { line, own: shownLine(mine, line), other: theirs ? shownLine(theirs, line) : '' }
  }).filter(({ line, own, other }) => own !== other || !isTimedAlike(mine, theirs, line))
}

function isTimedAlike(mine: Lyrics, theirs: Lyrics | null, line: number): boolean {
  const timesOf = (lyrics: Lyrics | null) =>
    JSON.stringify(lyrics?.lines[line]?.words.map(({ startMs, endMs }) => [startMs, endMs]))
  return timesOf(mine) === timesOf(theirs)
}

function shownLine({ lines }: Lyrics, index: number): string {
  const line = lines[index]
  if (!line) return '–'
  return `${line.startMs === null ? '' : `${formatTime(line.startMs)} `}${textOfLine(line)}`
}
