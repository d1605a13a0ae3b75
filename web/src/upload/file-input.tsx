import type { ComponentChildren } from 'preact'
import { SONG_ENDINGS } from './dropped-files.ts'
import type { OnAdded, Uploads } from './uploads.ts'

const ACCEPTED = `audio/*,video/*,${SONG_ENDINGS.map((ending) => `.${ending}`).join()}`

/** A label that opens the file picker. */
export function FileInput({
  uploads,
  addedTo,
  class: name,
  children,
}: {
  uploads: Uploads
  addedTo(): OnAdded
  class: string
  children: ComponentChildren
}) {
  return (
    <label class={name}>
      <input
        type="file"
        class="unseen"
        accept={ACCEPTED}
        multiple
        onChange={(event) => {
          uploads.sendAll(event.currentTarget.files ?? [], addedTo())
          event.currentTarget.value = ''
        }}
      />
      {children}
    </label>
  )
}
