import { effect } from '@preact/signals'
import { useEffect, useState } from 'preact/hooks'
import type { Song } from '../server/songs.ts'
import type { Player } from './player.ts'

/** A song that has just come is drawn whole after this time, if its first sound does not come sooner. */
const DRAWN_AFTER_MS = 800

/**
 * Whether a song can be drawn whole. Not while a song that has just come is waiting for its first sound: drawing takes a tenth
 * of a second from the separation on the same machine.
 */
export function useAfterFirstSound(player: Player, { music: { music_id }, progress }: Song): boolean {
  const [isDrawn, setDrawn] = useState(progress !== null && progress.state !== 'added')
  useEffect(() => {
    if (isDrawn) return undefined
    const timer = setTimeout(() => setDrawn(true), DRAWN_AFTER_MS)
    const stop = effect(() => {
      if (player.isOpen(music_id) && player.state.value.kind === 'playing') setDrawn(true)
    })
    return () => {
      clearTimeout(timer)
      stop()
    }
  }, [player, music_id, isDrawn])
  return isDrawn
}
