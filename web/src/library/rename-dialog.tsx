import { signal } from '@preact/signals'
import { titleOf } from '../../../src/song/song-title.ts'
import { Dialog, SaveOrCancel } from '../design/dialog.tsx'
import { showFailure } from '../notice.ts'
import { type Music, renameMusic } from '../server/api.ts'

/** The song that is being renamed. */
const renaming = signal<Music | null>(null)

export function rename(music: Music): void {
  renaming.value = music
}

/** Asks for title and artist of a song. */
export function RenameDialog() {
  if (!renaming.value) return null
  const { music_id, name, band } = renaming.value
  return (
    <Dialog
      key={music_id}
      title="Rename"
      name={`Rename ${titleOf({ id: music_id, title: name })}`}
      onClose={() => {
        renaming.value = null
      }}
    >
      {(close) => (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            const names = new FormData(event.currentTarget)
            close()
            showFailure(renameMusic(music_id, { name: String(names.get('name')), band: String(names.get('band')) }))
          }}
        >
          <label>
            Title
            <input name="name" required maxLength={300} defaultValue={name} dir="auto" />
          </label>
          <label>
            Artist
            <input name="band" maxLength={300} defaultValue={band} dir="auto" />
          </label>
          <SaveOrCancel onCancel={close} />
        </form>
      )}
    </Dialog>
  )
}
