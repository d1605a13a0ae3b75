import { address, formatAddress, goTo, HOME } from '../address.ts'
import { Icon } from '../design/icon.tsx'
import { Menu } from '../design/menu.tsx'
import { showFailure } from '../notice.ts'
import { removeSetlist, restoreSetlist, type Setlist, setlists } from '../server/setlists.ts'
import { copyText } from './copy-link.ts'
import { removeWithUndo } from './deletions.ts'
import { openSetlist } from './open-setlist.ts'
import { nameSetlist } from './setlist-dialogs.tsx'

/** Switches between all songs and the setlists, and makes a new one. */
export function SetlistBar() {
  const open = openSetlist.value
  const show = (setlist: number | null) => goTo({ setlist, song: address.peek().song })
  return (
    <div class="setlist-bar">
      <select
        aria-label="Setlist"
        value={open?.setlist_id ?? ''}
        onChange={(event) => show(event.currentTarget.value ? Number(event.currentTarget.value) : null)}
      >
        <option value="">All songs</option>
        {setlists.value.map(({ setlist_id, name, songs }) => (
          <option key={setlist_id} value={setlist_id}>
            {name} ({songs.length})
          </option>
        ))}
      </select>
      {open ? <Menu label={`More for the setlist ${open.name}`} items={() => itemsOf(open)} /> : null}
      <button
        type="button"
        class="quiet icon"
        aria-label="New setlist"
        title="New setlist"
        onClick={() => nameSetlist({ onCreated: show })}
      >
        <Icon name="plus" />
      </button>
    </div>
  )
}

function itemsOf(setlist: Setlist) {
  const { setlist_id, name } = setlist
  const link = () => new URL(formatAddress({ ...HOME, setlist: setlist_id }), document.baseURI).href
  const remove = async (): Promise<void> => {
    goTo({ song: address.peek().song })
    await removeWithUndo({
      title: name,
      remove: () => removeSetlist(setlist_id),
      restore: () => restoreSetlist(setlist_id),
    })
  }
  return [
    { label: 'Rename', icon: 'pencil', onSelect: () => nameSetlist({ setlist }) },
    { label: 'Copy link', icon: 'link', onSelect: () => showFailure(copyText(link())) },
    { label: 'Delete setlist', icon: 'trash', onSelect: () => showFailure(remove()) },
  ] as const
}
