import { effect } from '@preact/signals'
import { notice } from '../notice.ts'
import { getPractice, putPractice } from '../server/practice-settings.ts'
import { libraryReads, practiceVersions, songs } from '../server/songs.ts'
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
      const theirs = settings.of(musicId).value
      undoHistory.add({
        label: 'the change of another page',
        undo: () => settings.change(musicId, lost),
        redo: () => settings.change(musicId, theirs),
        isPossible: () => songs.value.has(musicId),
      })
    },
    onFailure(musicId, error) {
      if (songs.value.has(musicId)) notice.value = error instanceof Error ? error.message : String(error)
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
