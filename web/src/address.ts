import { signal } from '@preact/signals'
import {
  MAX_GAIN_DB,
  MAX_SEMITONES,
  MAX_TEMPO,
  MIN_GAIN_DB,
  MIN_SEMITONES,
  MIN_TEMPO,
  type StemMix,
} from '../../src/song/practice-settings.ts'

/** What an address of the page names; null for what it does not say. Times are in seconds. */
export type Address = {
  song: number | null
  /** stage: the words of the song fill the screen. */
  view: 'stage' | null
  setlist: number | null
  at: number | null
  loop: { start: number; end: number } | null
  mix: StemMix | null
  semitones: number | null
  /** 1 is the tempo of the recording. */
  tempo: number | null
}

export const HOME: Address = {
  song: null,
  view: null,
  setlist: null,
  at: null,
  loop: null,
  mix: null,
  semitones: null,
  tempo: null,
}

/** Reads the query of an address. What it does not understand is left out: people edit addresses, and links age. */
export function parseAddress(search: string): Address {
  const query = new URLSearchParams(search)
  const tempo = numberOf(query.get('tempo'), { min: 100 * MIN_TEMPO, max: 100 * MAX_TEMPO })
  return {
    song: idOf(query.get('song')),
    view: query.get('view') === 'stage' ? 'stage' : null,
    setlist: idOf(query.get('setlist')),
    at: numberOf(query.get('at'), { min: 0, max: Number.MAX_SAFE_INTEGER }),
    loop: loopOf(query.get('loop')),
    mix: mixOf(query),
    semitones: wholeOrNull(numberOf(query.get('key'), { min: MIN_SEMITONES, max: MAX_SEMITONES })),
    tempo: tempo === null ? null : tempo / 100,
  }
}

/** The query of an address, with its question mark; empty for the library. */
export function formatAddress({ song, view, setlist, at, loop, mix, semitones, tempo }: Address): string {
  const query = new URLSearchParams()
  if (setlist !== null) query.set('setlist', String(setlist))
  if (song !== null) query.set('song', String(song))
  if (view !== null) query.set('view', view)
  if (at !== null) query.set('at', seconds(at))
  if (loop) query.set('loop', `${seconds(loop.start)}-${seconds(loop.end)}`)
  if (mix) addMix(query, mix)
  if (semitones !== null) query.set('key', String(semitones))
  if (tempo !== null) query.set('tempo', String(Math.round(100 * tempo)))
  const text = query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':')
  return text === '' ? '' : `?${text}`
}

export const address = signal(parseAddress(location.search))

/** Shows another song, setlist or the library, and adds the place to the browser's history. */
export function goTo(next: Partial<Address>): void {
  const place = { ...HOME, ...next }
  const query = formatAddress(place)
  if (query === location.search) return
  history.pushState(null, '', query || location.pathname)
  address.value = place
}

/** Shows a song, and leaves the open setlist open. */
export function showSong(musicId: number): void {
  goTo({ setlist: address.peek().setlist, song: musicId })
}

/** Follows the browser's Back and Forward. */
export function followHistory(): void {
  addEventListener('popstate', () => {
    address.value = parseAddress(location.search)
  })
}

function mixOf(query: URLSearchParams): StemMix | null {
  const names = ['off', 'solo', 'gain', 'pan']
  if (!names.some((name) => query.has(name))) return null
  return {
    muted: listOf(query.get('off')),
    solo: listOf(query.get('solo')),
    gains: valuesOf(query.get('gain'), { min: MIN_GAIN_DB, max: MAX_GAIN_DB }),
    pan: valuesOf(query.get('pan'), { min: -1, max: 1 }),
  }
}

function addMix(query: URLSearchParams, { muted, solo, gains, pan }: StemMix): void {
  const values = (all: Readonly<Record<string, number>>) =>
    Object.entries(all).flatMap(([stem, value]) => (value === 0 ? [] : [`${stem}:${value}`]))
  query.set('off', muted.join())
  for (const [name, list] of Object.entries({ solo, gain: values(gains), pan: values(pan) })) {
    if (list.length > 0) query.set(name, list.join())
  }
}

function listOf(text: string | null): string[] {
  return (text ?? '').split(',').filter(Boolean)
}

function valuesOf(text: string | null, range: { min: number; max: number }): Record<string, number> {
  const pairs = listOf(text).flatMap((pair) => {
    const colon = pair.lastIndexOf(':')
    const value = numberOf(pair.slice(colon + 1), range)
    return colon > 0 && value !== null ? [[pair.slice(0, colon), value] as const] : []
  })
  return Object.fromEntries(pairs)
}

function loopOf(text: string | null): Address['loop'] {
  const [start = '', end = ''] = (text ?? '').split('-')
  const range = { min: 0, max: Number.MAX_SAFE_INTEGER }
  const ends = { start: numberOf(start, range), end: numberOf(end, range) }
  return ends.start !== null && ends.end !== null && ends.start < ends.end ? { start: ends.start, end: ends.end } : null
}

function idOf(text: string | null): number | null {
  return wholeOrNull(numberOf(text, { min: 1, max: Number.MAX_SAFE_INTEGER }))
}

function wholeOrNull(value: number | null): number | null {
  return Number.isInteger(value) ? value : null
}

function numberOf(text: string | null, { min, max }: { min: number; max: number }): number | null {
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text)
  return value >= min && value <= max ? value : null
}

function seconds(value: number): string {
  return String(Math.round(1_000 * value) / 1_000)
}
