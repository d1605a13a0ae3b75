import { signal } from '@preact/signals'
import type { Setlist } from '../../../src/listen/setlist-schemas.ts'
import { call } from './api.ts'
import { Refusal } from './refusal.ts'

export type { Setlist }

/** All setlists. The event stream keeps them up to date. */
export const setlists = signal<readonly Setlist[]>([])

export async function listSetlists(): Promise<Setlist[]> {
  return (await call('setlists')).json() as Promise<Setlist[]>
}

export async function createSetlist(name: string, songs: readonly number[] = []): Promise<Setlist> {
  return (await send('POST', 'setlists', { name, songs })).json() as Promise<Setlist>
}

/**
 * Replaces the name and the songs of a setlist.
 * @param setlist its version is the one that the change was made on; another version is not overwritten
 */
export async function saveSetlist({
  setlist_id,
  version,
  name,
  songs,
}: Setlist): Promise<{ kind: 'saved'; setlist: Setlist } | { kind: 'changed-elsewhere' }> {
  try {
    const answer = await call(`setlists/${setlist_id}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'if-match': `"${version}"` },
      body: JSON.stringify({ name, songs }),
    })
    return { kind: 'saved', setlist: (await answer.json()) as Setlist }
  } catch (error) {
    if (error instanceof Refusal && error.code === 'changed-elsewhere') return { kind: 'changed-elsewhere' }
    throw error
  }
}

/** Adds a song at the end. One that is there already stays where it is. */
export async function appendToSetlist(setlistId: number, musicId: number): Promise<Setlist> {
  return (await send('POST', `setlists/${setlistId}/songs`, { music_id: musicId })).json() as Promise<Setlist>
}

export async function removeSetlist(setlistId: number): Promise<void> {
  await call(`setlists/${setlistId}`, { method: 'DELETE' })
}

export async function restoreSetlist(setlistId: number): Promise<Setlist> {
  return (await call(`setlists/${setlistId}/restore`, { method: 'POST' })).json() as Promise<Setlist>
}

function send(method: string, path: string, body: unknown): Promise<Response> {
  return call(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
}
