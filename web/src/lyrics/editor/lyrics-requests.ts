import type { Lyrics } from '../../../../src/song/lyrics.ts'
import { call } from '../../server/api.ts'
import { Refusal } from '../../server/refusal.ts'
import type { Newest } from './saving.ts'

/** The lyrics that the server uses for a song, and the revision that a change of them names. */
export async function loadNewest(musicId: number): Promise<Newest> {
  const answer = await call(`music/${musicId}/lyrics`)
  const { lyrics } = (await answer.json()) as { lyrics: Lyrics | null }
  return { lyrics, revision: revisionOf(answer) }
}

/** Saves lyrics that are based on a revision, as a new version. If the server has another revision, it keeps that. */
export async function saveLyrics(
  musicId: number,
  lyrics: Lyrics,
  revision: number,
): Promise<{ kind: 'saved'; revision: number } | { kind: 'changed-elsewhere' }> {
  try {
    const answer = await call(`music/${musicId}/lyrics`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'if-match': `"${revision}"` },
      body: JSON.stringify({ lyrics }),
    })
    return { kind: 'saved', revision: revisionOf(answer) }
  } catch (error) {
    if (error instanceof Refusal && error.code === 'changed-elsewhere') return { kind: 'changed-elsewhere' }
    throw error
  }
}

/** Has a worker place the words again. Those that are confirmed stay. */
export async function alignAgain(musicId: number, language: string | null): Promise<void> {
  await call(`music/${musicId}/lyrics/work`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'align', language }),
  })
}

/** A proxy that compresses answers may turn the entity tag into a weak one. */
function revisionOf({ headers }: Response): number {
  return Number(/\d+/.exec(headers.get('etag') ?? '')?.[0] ?? 0)
}
