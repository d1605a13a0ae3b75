/** Calls back when the process that started this one has ended; at once when it ended before this call. */
export function onParentGone(callback: () => void): void {
  process.once('disconnect', callback)
  if (process.send !== undefined && !process.connected) callback()
}
