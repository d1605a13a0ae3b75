import { formatAddress, HOME } from '../address.ts'
import { showRemark } from '../notice.ts'

/** Copies the address of a song. Browsers have a clipboard on secure pages only: elsewhere the address is shown. */
export async function copyLink(musicId: number): Promise<void> {
  const link = new URL(formatAddress({ ...HOME, song: musicId }), document.baseURI).href
  const clipboard = navigator.clipboard as Clipboard | undefined
  if (!clipboard) throw new Error(`This browser copies only on pages over https. The address of the song: ${link}`)
  await clipboard.writeText(link)
  showRemark('The link is copied.')
}
