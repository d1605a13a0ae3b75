import { formatAddress, HOME } from '../address.ts'
import { showRemark } from '../notice.ts'

/** Copies the address of a song. */
export function copyLink(musicId: number): Promise<void> {
  return copyText(new URL(formatAddress({ ...HOME, song: musicId }), document.baseURI).href)
}

/** Copies an address. Browsers have a clipboard on secure pages only: elsewhere the address is shown. */
export async function copyText(link: string): Promise<void> {
  const clipboard = navigator.clipboard as Clipboard | undefined
  if (!clipboard) throw new Error(`This browser copies only on pages over https. The address: ${link}`)
  await clipboard.writeText(link)
  showRemark('The link is copied.')
}
