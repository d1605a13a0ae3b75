/** Turns many requests within a moment into one call. */
export type Coalesced = {
  /** Calls `withinMs` after the first request since the last call. */
  soon(): void
  /** Drops the call that is due, if any. */
  cancel(): void
}

/** The timer is free again before `act` runs, so a request from within `act`, or after it has thrown, leads to a new call. */
export function coalesce(act: () => void, withinMs: number): Coalesced {
  let timer: NodeJS.Timeout | null = null
  return {
    soon() {
      timer ??= setTimeout(() => {
        timer = null
        act()
      }, withinMs)
    },
    cancel() {
      if (timer) clearTimeout(timer)
      timer = null
    },
  }
}
