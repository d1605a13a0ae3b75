import { useState } from 'preact/hooks'
import { Dialog } from '../design/dialog.tsx'
import type { LoadedLyrics } from '../server/lyrics.ts'
import { serverUrl } from '../server/server-url.ts'
import type { WordsActions } from './words-actions.ts'
import { wordsWorkText } from './words-work-text.ts'

const MAX_BYTES = 1024 * 1024
const SOURCES = {
  pasted: 'pasted',
  file: 'from a file',
  tags: 'from the tags',
  lrclib: 'from lrclib.net',
  transcription: 'heard (a draft)',
  editor: 'edited here',
}
const TIMES = { none: 'no times', lines: 'times of lines', words: 'times of words' }
const FORMATS = [
  ['lrc', 'LRC'],
  ['elrc', 'LRC with word times'],
  ['srt', 'SRT'],
  ['ttml', 'TTML'],
  ['txt', 'Text'],
] as const

/** What can be done with the words of a song: give it a text, choose among versions, download, place or hear them. */
export function WordsDialog({
  musicId,
  title,
  loaded,
  actions,
  onClose,
}: {
  musicId: number
  title: string
  loaded: LoadedLyrics
  actions: WordsActions
  onClose(): void
}) {
  const [text, setText] = useState('')
  const [fault, setFault] = useState('')
  const { lyrics, versions, version, work } = loaded
  const run = async (act: Promise<void>, onDone: () => void = () => undefined) => {
    setFault('')
    await act.then(onDone, (error: unknown) => setFault(error instanceof Error ? error.message : String(error)))
  }
  const readFile = async (file: File) => {
    if (file.size > MAX_BYTES) throw new Error('This file is larger than 1 MB. The words of a song have a few kB.')
    await actions.change({ text: await textOf(file), file_name: file.name })
  }
  return (
    <Dialog title="Words" name={`Words of ${title}`} onClose={onClose}>
      {(close) => (
        <div class="words-dialog">
          <form
            class="words-dialog"
            onSubmit={(event) => {
              event.preventDefault()
              void run(actions.change({ text }), () => setText(''))
            }}
          >
            <label>
              Paste the words: one line of the song in each line
              <textarea
                value={text}
                dir="auto"
                spellcheck={false}
                onInput={(event) => setText(event.currentTarget.value)}
              />
            </label>
            <fieldset>
              <button type="submit" class="primary" disabled={text.trim() === ''}>
                Use these words
              </button>
              <label>
                or a file (LRC, SRT, WebVTT, TTML, UltraStar, text){' '}
                <input
                  type="file"
                  accept=".lrc,.txt,.srt,.vtt,.ttml,.xml"
                  onChange={(event) => {
                    const [file] = event.currentTarget.files ?? []
                    if (file) void run(readFile(file))
                    event.currentTarget.value = ''
                  }}
                />
              </label>
            </fieldset>
          </form>
          {fault ? (
            <p class="error" role="alert">
              {fault}
            </p>
          ) : null}
          {work ? (
            <fieldset>
              <span role="status">{wordsWorkText(work)}</span>
              <button type="button" onClick={() => void run(actions.cancelWork())}>
                {work.state === 'failed' ? 'Dismiss' : 'Stop'}
              </button>
            </fieldset>
          ) : null}
          <fieldset aria-label="Find words and times">
            <button type="button" disabled={!lyrics} onClick={() => void run(actions.work('align'))}>
              Place the words again
            </button>
            <button type="button" onClick={() => void run(actions.work('transcribe'))}>
              Listen for words (a draft)
            </button>
          </fieldset>
          {versions.length > 0 ? (
            <ul aria-label="Versions">
              {versions.map((each) => (
                <li key={each.version}>
                  <span>
                    {each.lines} lines, {SOURCES[each.source]}, {TIMES[each.timing]}
                  </span>
                  {each.version === version ? (
                    <button type="button" class="quiet" onClick={() => void run(actions.use(null))}>
                      Remove
                    </button>
                  ) : (
                    <button type="button" class="quiet" onClick={() => void run(actions.use(each.version))}>
                      Use
                    </button>
                  )}
                </li>
              ))}
            </ul>
          ) : null}
          {lyrics ? (
            <fieldset aria-label="Download the words">
              Download:
              {FORMATS.map(([format, name]) => (
                <a key={format} href={serverUrl(`music/${musicId}/lyrics?format=${format}`).toString()} download>
                  {name}
                </a>
              ))}
            </fieldset>
          ) : null}
          <div class="dialog-buttons">
            <button type="button" onClick={close}>
              Close
            </button>
          </div>
        </div>
      )}
    </Dialog>
  )
}

/** Files of words may be old: what is no UTF-8 is read as Western text. UTF-16 has a mark at its beginning. */
async function textOf(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}
