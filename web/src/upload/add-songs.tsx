import { signal } from '@preact/signals'
import { notice, showFailure } from '../notice.ts'
import { isInTextField } from '../text-field.ts'
import { droppedFiles, SONG_ENDINGS } from './dropped-files.ts'
import { UploadList } from './upload-list.tsx'
import { UploadOptions } from './upload-options.tsx'
import type { Uploads } from './uploads.ts'

/** Whether files are being dragged over the page. */
const isDraggedOver = signal(false)

async function sendDropped(uploads: Uploads, transfer: DataTransfer): Promise<void> {
  const { files, faults } = await droppedFiles(transfer)
  uploads.sendAll(files)
  if (faults.length > 0) notice.value = faults.join(' ')
}

function holdsFiles(transfer: DataTransfer | null): transfer is DataTransfer {
  return transfer?.types.includes('Files') ?? false
}

/** Takes files that are dropped or pasted anywhere. Without it a browser would leave the page for a file dropped elsewhere. */
export function listenToFiles(uploads: Uploads): void {
  document.addEventListener('dragover', (event) => {
    if (!holdsFiles(event.dataTransfer)) return
    event.preventDefault()
    isDraggedOver.value = true
  })
  document.addEventListener('dragleave', ({ relatedTarget }) => {
    if (relatedTarget === null) isDraggedOver.value = false
  })
  document.addEventListener('drop', (event) => {
    isDraggedOver.value = false
    if (!holdsFiles(event.dataTransfer)) return
    event.preventDefault()
    showFailure(sendDropped(uploads, event.dataTransfer))
  })
  document.addEventListener('paste', ({ clipboardData, target }) => {
    if (holdsFiles(clipboardData) && !isInTextField(target)) showFailure(sendDropped(uploads, clipboardData))
  })
}

/** The place to drop or choose files, the options for new songs, and the uploads. */
export function AddSongs({ uploads }: { uploads: Uploads }) {
  return (
    <section class="upload" aria-label="Add songs">
      <label
        class={isDraggedOver.value ? 'drop over' : 'drop'}
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault()
          if (!holdsFiles(event.dataTransfer))
            notice.value = 'That is no file. Save the song first, then drop its file.'
        }}
      >
        <input
          type="file"
          accept={`audio/*,video/*,${SONG_ENDINGS.map((ending) => `.${ending}`).join()}`}
          multiple
          onChange={(event) => {
            uploads.sendAll(event.currentTarget.files ?? [])
            event.currentTarget.value = ''
          }}
        />
        <strong>Drop a song here</strong>
        <span>or a folder of them, or paste one, or press to choose: mp3, m4a, flac, wav, ogg, opus …</span>
      </label>
      <UploadOptions />
      <UploadList uploads={uploads} />
    </section>
  )
}
