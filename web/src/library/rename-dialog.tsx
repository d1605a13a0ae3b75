import { signal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { titleOf } from '../../../src/song/song-title.ts'
import { showFailure } from '../notice.ts'
import { type Music, renameMusic } from '../server/api.ts'

/** The song that is being renamed. */
const renaming = signal<Music | null>(null)

export function rename(music: Music): void {
  renaming.value = music
}

/** Asks for title and artist of a song. When it closes, the browser gives the focus back to where it was. */
export function RenameDialog() {
  const music = renaming.value
  return music ? <Dialog key={music.music_id} music={music} /> : null
}

function Dialog({ music }: { music: Music }) {
  const { music_id, name, band } = music
  const dialog = useRef<HTMLDialogElement>(null)
  const first = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => {
    dialog.current?.showModal()
    first.current?.select()
  }, [])
  const close = () => dialog.current?.close()
  return (
    <dialog
      class="rename"
      aria-label={`Rename ${titleOf({ id: music_id, title: name })}`}
      ref={dialog}
      onClose={() => {
        renaming.value = null
      }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const names = new FormData(event.currentTarget)
          close()
          showFailure(renameMusic(music_id, { name: String(names.get('name')), band: String(names.get('band')) }))
        }}
      >
        <h2>Rename</h2>
        <label>
          Title
          <input name="name" required maxLength={300} defaultValue={name} dir="auto" ref={first} />
        </label>
        <label>
          Artist
          <input name="band" maxLength={300} defaultValue={band} dir="auto" />
        </label>
        <div class="dialog-buttons">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" class="primary">
            Save
          </button>
        </div>
      </form>
    </dialog>
  )
}
