import { effect } from '@preact/signals'
import { address, goTo } from './address.ts'
import { isStageOpen } from './is-stage-open.ts'
import { shownSongId } from './shown-song.ts'

/** Keeps the address and the stage together: an address opens the stage, and Back leaves it. */
export function followStage(): void {
  effect(() => {
    isStageOpen.value = address.value.view === 'stage'
  })
  effect(() => {
    const isOpen = isStageOpen.value
    const place = address.peek()
    const song = place.song ?? shownSongId.peek()
    if (isOpen === (place.view === 'stage') || song === null) return
    goTo({ ...place, song, view: isOpen ? 'stage' : null })
  })
}
