import { effect } from '@preact/signals'
import { titleOf } from '../../../src/song/song-title.ts'
import { serverUrl } from '../server/server-url.ts'
import type { Player } from './player.ts'

const NAME = 'Minus One'

/** Names the song in the title of the tab, and shows by the tab's icon whether it plays. */
export function showInTab(player: Player): void {
  const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]')
  effect(() => {
    document.title = pageTitle(player.song.value?.music, player.isOn.value)
  })
  effect(() => {
    if (icon) icon.href = serverUrl(player.isOn.value ? 'icon-playing.svg' : 'icon.svg')
  })
}

/** @param song the open one, if any */
export function pageTitle(
  song: { music_id: number; name: string; band: string } | undefined,
  isPlaying: boolean,
): string {
  if (!song) return NAME
  const title = titleOf({ id: song.music_id, title: song.name })
  if (!isPlaying) return `${title} · ${NAME}`
  return `▶ ${title}${song.band ? ` – ${song.band}` : ''}`
}
