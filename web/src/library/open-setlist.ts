import { computed } from '@preact/signals'
import { address } from '../address.ts'
import { showFailure } from '../notice.ts'
import { appendToSetlist, listSetlists, type Setlist, saveSetlist, setlists } from '../server/setlists.ts'
import { undoHistory } from '../undo-history.ts'

/** The setlist that the address names; null if it names none, or one that does not exist. */
export const openSetlist = computed(
  () => setlists.value.find(({ setlist_id }) => setlist_id === address.value.setlist) ?? null,
)

/** Says what is done with songs that are added now: they join the setlist that is open now. */
export function addedToOpenSetlist(): (musicId: number) => void {
  const setlist = openSetlist.peek()
  return (musicId) => {
    if (setlist) showFailure(appendToSetlist(setlist.setlist_id, musicId))
  }
}

/** Moves a song of the open setlist by some places, or to a place. */
export function moveInSetlist(musicId: number, where: { by: number } | { to: number }): Promise<void> {
  return changeSongs('order of songs', (songs) => {
    const from = songs.indexOf(musicId)
    const to = 'to' in where ? where.to : from + where.by
    if (from < 0 || to < 0 || to >= songs.length) return songs
    return songs.toSpliced(from, 1).toSpliced(to, 0, musicId)
  })
}

export function removeFromSetlist(musicId: number): Promise<void> {
  return changeSongs('removal from the setlist', (songs) => songs.filter((id) => id !== musicId))
}

export function renameSetlist(setlistId: number, name: string): Promise<void> {
  return change(setlistId, () => ({ name }))
}

/** Changes the songs of the open setlist, as a step that can be undone. */
async function changeSongs(label: string, next: (songs: readonly number[]) => readonly number[]): Promise<void> {
  const setlist = openSetlist.peek()
  if (!setlist) return
  let before: readonly number[] = []
  let after: readonly number[] = []
  const redo = () =>
    change(setlist.setlist_id, ({ songs }) => {
      before = songs
      after = next(songs)
      return { songs: [...after] }
    })
  const place = undoHistory.reserve()
  await redo()
  const undo = () => change(setlist.setlist_id, ({ songs }) => ({ songs: withoutStep(songs, { before, after }) }))
  undoHistory.add({ label, undo, redo }, place)
}

/** The songs without the step that led from `before` to `after`. What others have added or removed since then stays so. */
function withoutStep(
  songs: readonly number[],
  { before, after }: { before: readonly number[]; after: readonly number[] },
): number[] {
  const old = before.filter((id) => songs.includes(id) || !after.includes(id))
  return [...old, ...songs.filter((id) => !before.includes(id))]
}

/** The change under way. The next one waits for it, because it needs the version that it leads to. */
let work: Promise<unknown> = Promise.resolve()

function change(setlistId: number, changesOf: (setlist: Setlist) => Partial<Setlist>): Promise<void> {
  const next = work.then(async () => {
    const setlist = setlists.peek().find(({ setlist_id }) => setlist_id === setlistId)
    if (!setlist) return
    const answer = await saveSetlist({ ...setlist, ...changesOf(setlist) })
    if (answer.kind === 'saved') {
      setlists.value = setlists.peek().map((each) => (each.setlist_id === setlistId ? answer.setlist : each))
      return
    }
    setlists.value = await listSetlists()
    throw new Error('Somebody else has just changed this setlist. Look at it, then change it again.')
  })
  work = next.catch(() => undefined)
  return next
}
