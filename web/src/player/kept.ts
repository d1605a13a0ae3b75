/** What this browser remembers of a song, under its id: a mix, a loop, a key and a tempo. */
export type Kept<T> = { get(musicId: number): T | null; set(musicId: number, value: T | null): void }

const NAMES = ['mix', 'loop', 'practice'] as const

export function keptPerSong<T>(name: (typeof NAMES)[number]): Kept<T> {
  return {
    get(musicId) {
      try {
        return JSON.parse(recall(`${name}.${musicId}`) ?? 'null') as T | null
      } catch {
        return null
      }
    },
    set: (musicId, value) => remember(`${name}.${musicId}`, value === null ? null : JSON.stringify(value)),
  }
}

export function forgetSong(musicId: number): void {
  for (const name of NAMES) keptPerSong(name).set(musicId, null)
}

/** Null where nothing is remembered, or storage is forbidden. */
export function recall(name: string): string | null {
  try {
    return localStorage.getItem(keyOf(name))
  } catch {
    return null
  }
}

/** Null forgets. Where storage is full or forbidden, things hold until the page is closed. */
export function remember(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(keyOf(name))
    else localStorage.setItem(keyOf(name), value)
  } catch {}
}

function keyOf(name: string): string {
  return `minus-one.${name}`
}
