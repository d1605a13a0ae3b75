/** Values of one kind that this browser stores, by song. Null stands for none. */
export type SongStorage<T> = { get(musicId: number): T | null; set(musicId: number, value: T | null): void }

/** The values that are stored about a song. */
const SONG_VALUES = ['mix', 'loop', 'practice'] as const

export function songStorage<T>(name: (typeof SONG_VALUES)[number]): SongStorage<T> {
  return {
    get(musicId) {
      try {
        return JSON.parse(readStored(`${name}.${musicId}`) ?? 'null') as T | null
      } catch {
        return null
      }
    },
    set: (musicId, value) => store(`${name}.${musicId}`, value === null ? null : JSON.stringify(value)),
  }
}

/** The songs about which something is stored. */
export function storedSongs(): number[] {
  try {
    const names = SONG_VALUES.join('|')
    const ids = Object.keys(localStorage).map((key) => new RegExp(`^minus-one\\.(?:${names})\\.(\\d+)$`).exec(key)?.[1])
    return [...new Set(ids.flatMap((id) => (id === undefined ? [] : [Number(id)])))]
  } catch {
    return []
  }
}

/** Removes all that is stored about a song. */
export function forgetSong(musicId: number): void {
  for (const name of SONG_VALUES) songStorage(name).set(musicId, null)
}

/** Null if nothing is stored, or if the browser forbids storage. */
export function readStored(name: string): string | null {
  try {
    return localStorage.getItem(keyOf(name))
  } catch {
    return null
  }
}

/** Null removes the value. If storage is full or forbidden, nothing is stored and the page works without it. */
export function store(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(keyOf(name))
    else localStorage.setItem(keyOf(name), value)
  } catch {}
}

function keyOf(name: string): string {
  return `minus-one.${name}`
}
