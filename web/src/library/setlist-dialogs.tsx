import { signal } from '@preact/signals'
import { MAX_SETLIST_NAME_CHARACTERS } from '../../../src/song/setlist-limits.ts'
import { Dialog, SaveOrCancel } from '../design/dialog.tsx'
import { showFailure, showRemark } from '../notice.ts'
import { appendToSetlist, createSetlist, type Setlist, setlists } from '../server/setlists.ts'
import { renameSetlist } from './open-setlist.ts'

/** A setlist to rename, or what is done with the one that will be made. */
type Naming = { setlist: Setlist } | { onCreated(setlistId: number): void; songs?: readonly number[] }

const naming = signal<Naming | null>(null)
/** The song for which a setlist is being chosen. */
const choosingFor = signal<number | null>(null)

/** Asks for the name of a setlist, then renames or makes it. */
export function nameSetlist(next: Naming): void {
  naming.value = next
}

/** Asks to which setlist a song is added. */
export function chooseSetlistFor(musicId: number): void {
  if (setlists.peek().length > 0) choosingFor.value = musicId
  else nameSetlist({ songs: [musicId], onCreated: () => showRemark('Added to the new setlist.') })
}

export function SetlistDialogs() {
  return (
    <>
      {naming.value ? <NameDialog wanted={naming.value} /> : null}
      {choosingFor.value === null ? null : <ChoiceDialog musicId={choosingFor.value} />}
    </>
  )
}

function NameDialog({ wanted }: { wanted: Naming }) {
  const save = async (name: string): Promise<void> => {
    if ('setlist' in wanted) await renameSetlist(wanted.setlist.setlist_id, name)
    else wanted.onCreated((await createSetlist(name, wanted.songs)).setlist_id)
  }
  return (
    <Dialog
      title={'setlist' in wanted ? 'Rename setlist' : 'New setlist'}
      onClose={() => {
        naming.value = null
      }}
    >
      {(close) => (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            const name = String(new FormData(event.currentTarget).get('name'))
            close()
            showFailure(save(name))
          }}
        >
          <label>
            Name
            <input
              name="name"
              required
              pattern=".*\S.*"
              maxLength={MAX_SETLIST_NAME_CHARACTERS}
              dir="auto"
              defaultValue={'setlist' in wanted ? wanted.setlist.name : ''}
            />
          </label>
          <SaveOrCancel onCancel={close} />
        </form>
      )}
    </Dialog>
  )
}

function ChoiceDialog({ musicId }: { musicId: number }) {
  const add = async ({ setlist_id, name }: Setlist): Promise<void> => {
    await appendToSetlist(setlist_id, musicId)
    showRemark(`Added to ${name}.`)
  }
  return (
    <Dialog
      title="Add to setlist"
      onClose={() => {
        choosingFor.value = null
      }}
    >
      {(close) => (
        <div class="setlist-choice">
          {setlists.value.map((setlist) => (
            <button
              key={setlist.setlist_id}
              type="button"
              disabled={setlist.songs.includes(musicId)}
              onClick={() => {
                close()
                showFailure(add(setlist))
              }}
            >
              <bdi>{setlist.name}</bdi>
            </button>
          ))}
          <button
            type="button"
            class="quiet"
            onClick={() => {
              close()
              nameSetlist({ songs: [musicId], onCreated: () => showRemark('Added to the new setlist.') })
            }}
          >
            New setlist …
          </button>
          <div class="dialog-buttons">
            <button type="button" onClick={close}>
              Cancel
            </button>
          </div>
        </div>
      )}
    </Dialog>
  )
}
