import { computed, signal } from '@preact/signals'
import type { Music } from '../server/api.ts'
import { newestFirst } from '../server/songs.ts'
import { openSetlist } from './open-setlist.ts'

const { compare } = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' })
const byTitle = (a: Music, b: Music) => compare(a.name, b.name)

/** The orders of the list. Without a comparison it keeps the order of uploads, the newest first. */
export const ORDERS: Record<string, ((a: Music, b: Music) => number) | null> = {
  'newest first': null,
  title: byTitle,
  artist: (a, b) => compare(a.band, b.band) || byTitle(a, b),
}

export const query = signal('')
export const order = signal('newest first')

let last: readonly Music[] = []
/** Changes only if a song comes, goes or is renamed: progress comes often, and sorting 5,000 songs takes long. */
const library = computed(() => {
  const next = newestFirst.value.map(({ music }) => music)
  const isSame = next.length === last.length && next.every((music, index) => music === last[index])
  if (!isSame) last = next
  return last
})

const byId = computed(() => new Map(library.value.map((music) => [music.music_id, music])))

/** The songs of the open setlist in its order; otherwise all songs. */
const source = computed(() => {
  const setlist = openSetlist.value
  return setlist ? setlist.songs.flatMap((id) => byId.value.get(id) ?? []) : library.value
})

/** The songs that match the search, in the chosen order; those of a setlist in its own. */
export const foundSongs = computed(() => {
  const words = plain(query.value).split(/\s+/).filter(Boolean)
  const matching =
    words.length === 0
      ? source.value
      : source.value.filter((music) => words.every((word) => textOf(music).includes(word)))
  const inOrder = openSetlist.value ? null : ORDERS[order.value]
  return inOrder ? matching.toSorted(inOrder) : matching
})

const texts = new WeakMap<Music, string>()

function textOf(music: Music): string {
  const known = texts.get(music)
  if (known !== undefined) return known
  const text = plain(`${music.name} ${music.band}`)
  texts.set(music, text)
  return text
}

/** Removes accents and capitals, so that "ete" finds "Été". */
function plain(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()
}
