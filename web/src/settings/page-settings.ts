import { effect } from '@preact/signals'
import { notice } from '../notice.ts'
import { getPractice, putPractice } from '../server/practice-settings.ts'
import { isConnected, libraryReads, practiceVersions, songs } from '../server/songs.ts'
import { undoHistory } from '../undo-history.ts'
import { SongSettings } from './song-settings.ts'

/** The practice settings of this page. They follow what other pages change, and what was not saved can be taken back. */
export function openSettings(): SongSettings {
  const settings = new SongSettings({
    load: getPractice,
    save: putPractice,
    onConflict(musicId, lost) {
      notice.value =
        'Somebody changed the mix, loop or markers of this song on another page. Theirs are shown now; Undo brings back yours.'
      const theirs = settings.of(musicId).peek()
      const shown = Object.fromEntries(Object.entries(theirs).filter(([name]) => name in lost))
      undoHistory.add({
        label: 'the change of another page',
        undo: () => settings.change(musicId, lost),
        redo: () => settings.change(musicId, shown),
        isPossible: () => songs.value.has(musicId),
      })
    },
    onFailure(musicId, error) {
      // The page says by itself that the server is away.
      if (isConnected.value && songs.value.has(musicId))
        notice.value = error instanceof Error ? error.message : String(error)
    },
  })
  effect(() => {
    for (const [musicId, version] of practiceVersions.value) settings.follow(musicId, version)
  })
  effect(() => {
    if (libraryReads.value > 1) settings.reload()
  })
  addEventListener('pagehide', () => void settings.flush())
  return settings
}
