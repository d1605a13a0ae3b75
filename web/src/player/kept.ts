/** What this browser remembers of a song, under its id: a mix, a loop, a key and a tempo. */
export type Kept<T> = { get(musicId: number): T | null; set(musicId: number, value: T | null): void }

const NAMES = ['mix', 'loop', 'practice'] as const

export function keptPerSong<T>(name: (typeof NAMES)[number]): Kept<T> {
  return {
    get(musicId) {
      try {
        return JSON.parse(localStorage.getItem(keyOf(name, musicId)) ?? 'null') as T | null
      } catch {
        return null
      }
    },
    set(musicId, value) {
      try {
        if (value === null) localStorage.removeItem(keyOf(name, musicId))
        else localStorage.setItem(keyOf(name, musicId), JSON.stringify(value))
      } catch {
        // Storage is full or forbidden: it holds until the page is closed.
      }
    },
  }
}

export function forgetSong(musicId: number): void {
  for (const name of NAMES) keptPerSong(name).set(musicId, null)
}

function keyOf(name: string, musicId: number): string {
  return `minus-one.${name}.${musicId}`
}
