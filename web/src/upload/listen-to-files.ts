import { signal } from '@preact/signals'
import { notice, showFailure } from '../notice.ts'
import { isInTextField } from '../text-field.ts'
import { droppedFiles } from './dropped-files.ts'
import type { OnAdded, Uploads } from './uploads.ts'

/** Whether files are being dragged over the page. */
export const isDraggedOver = signal(false)

/**
 * Takes files that are dropped or pasted anywhere, and links to say that they are none. Without it a browser would leave the
 * page for them. The listeners run first (capture), so that no part of the page keeps an event from them.
 * @param addedTo is asked at the drop for what is done with its songs: the open setlist may change before they are sent
 */
export function listenToFiles(uploads: Uploads, addedTo: () => OnAdded = () => () => undefined): void {
  const send = async (transfer: DataTransfer): Promise<void> => {
    const onAdded = addedTo()
    const { files, faults } = await droppedFiles(transfer)
    uploads.sendAll(files, onAdded)
    if (faults.length > 0) notice.value = faults.join(' ')
  }
  const listen = <Type extends 'dragover' | 'dragleave' | 'drop'>(type: Type, act: (event: DragEvent) => void) =>
    addEventListener(type, act, true)

  listen('dragover', (event) => {
    if (!isForPage(event)) return
    event.preventDefault()
    if (!holds(event.dataTransfer, 'Files')) return
    event.dataTransfer.dropEffect = 'copy'
    isDraggedOver.value = true
  })
  listen('dragleave', ({ relatedTarget }) => {
    if (relatedTarget === null) isDraggedOver.value = false
  })
  listen('drop', (event) => {
    isDraggedOver.value = false
    if (!isForPage(event)) return
    event.preventDefault()
    if (holds(event.dataTransfer, 'Files')) showFailure(send(event.dataTransfer))
    else notice.value = 'That is no file. Save the song first, then drop its file.'
  })
  document.addEventListener('paste', ({ clipboardData, target }) => {
    if (holds(clipboardData, 'Files') && !isInTextField(target)) showFailure(send(clipboardData))
  })
}

/** Text fields take links that are dropped on them, but no files. */
function isForPage({ dataTransfer, target }: DragEvent): boolean {
  return holds(dataTransfer, 'Files') || (holds(dataTransfer, 'text/uri-list') && !isInTextField(target))
}

function holds(transfer: DataTransfer | null, type: string): transfer is DataTransfer {
  return transfer?.types.includes(type) ?? false
}
