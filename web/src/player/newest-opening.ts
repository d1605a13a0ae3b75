/** Opens one song at a time. A request for another song cancels the opening under way; one for the same song joins it. */
export class NewestOpening<T> {
  #current: { musicId: number; result: Promise<T> } | null = null

  /** @param open asks `isCancelled` after each await, and changes nothing if it is */
  open(musicId: number, open: (isCancelled: () => boolean) => Promise<T>): Promise<T> {
    if (this.#current?.musicId === musicId) return this.#current.result
    const isCancelled = () => this.#current !== opening
    const result = open(isCancelled).finally(() => {
      if (!isCancelled()) this.#current = null
    })
    const opening = { musicId, result }
    this.#current = opening
    return result
  }

  cancel(): void {
    this.#current = null
  }
}
