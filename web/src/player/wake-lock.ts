import { effect, signal } from '@preact/signals'
import type { Player } from './player.ts'

/** unavailable: over plain http, or in an old browser. refused: by the system, to spare the battery, for example. */
export type WakeLockState = 'unavailable' | 'off' | 'on' | 'refused'

export const wakeLock = signal<WakeLockState>('off')

/** Keeps the screen on while a song plays. The system takes the lock away when the page is hidden, so it is asked for again. */
export function keepAwake(player: Player): void {
  const locks = (navigator as { wakeLock?: WakeLock }).wakeLock
  if (!locks) {
    wakeLock.value = 'unavailable'
    return
  }
  let held: WakeLockSentinel | null = null
  let isAsking = false
  const isWanted = () => player.isOn.peek() && document.visibilityState === 'visible'
  const follow = async (): Promise<void> => {
    if (!isWanted()) {
      const given = held
      held = null
      wakeLock.value = 'off'
      await given?.release()
      return
    }
    if (isAsking || (held && !held.released)) return
    isAsking = true
    try {
      held = await locks.request('screen')
      held.addEventListener('release', () => void follow())
      wakeLock.value = 'on'
    } catch {
      wakeLock.value = 'refused'
      return
    } finally {
      isAsking = false
    }
    // The song may have stopped meanwhile.
    if (!isWanted()) await follow()
  }
  effect(() => {
    void player.isOn.value
    void follow()
  })
  document.addEventListener('visibilitychange', () => void follow())
}
