/** Calls back when the process that started this one is gone; at once where that was before anybody listened for it. */
export function onParentGone(callback: () => void): void {
  process.once('disconnect', callback)
  if (process.send !== undefined && !process.connected) callback()
}
