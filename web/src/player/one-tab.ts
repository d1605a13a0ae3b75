import { effect } from '@preact/signals'
import { serverUrl } from '../server/server-url.ts'
import type { Player } from './player.ts'

const OTHER_TAB = 'Another tab plays now.'

/** A tab has begun to play. `at` is the time of the press in ms since 1970, `tab` a random id. */
type Start = { tab: string; at: number }

/** Lets one tab of this server play at a time: the last one that began. */
export function playInOneTab(player: Player): void {
  // Pages at other paths of the host belong to other servers.
  const channel = new BroadcastChannel(`minus-one player ${new URL(serverUrl('')).pathname}`)
  const tab = crypto.getRandomValues(new Uint32Array(2)).join('-')
  let start: Start | null = null
  effect(() => {
    start = player.isOn.value ? { tab, at: performance.timeOrigin + performance.now() } : null
    if (start) channel.postMessage(start)
  })
  channel.onmessage = ({ data }: MessageEvent<Start>) => {
    if (start && isLater(data, start)) player.pauseBecause(OTHER_TAB)
  }
}

function isLater(a: Start, b: Start): boolean {
  return a.at > b.at || (a.at === b.at && a.tab > b.tab)
}
