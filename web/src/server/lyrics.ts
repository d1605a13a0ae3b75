import type { LyricsAnswer, LyricsWorkBody } from '../../../src/listen/lyrics-schemas.ts'
import type { Lyrics } from '../../../src/song/lyrics.ts'
import { call } from './api.ts'

/** The words of a song as the server has them. @property revision the one to name in a change of them */
export type LoadedLyrics = Omit<LyricsAnswer, 'lyrics'> & { lyrics: Lyrics | null; revision: number }

/** What a person gives: words, or a text in any format. */
export type LyricsChange = { lyrics: Lyrics } | { text: string; file_name?: string; language?: string | null }

export async function getLyrics(musicId: number): Promise<LoadedLyrics> {
  return loaded(await call(`music/${musicId}/lyrics`))
}

/** Throws a Refusal with the code `changed-elsewhere` if the server has another revision. */
export async function putLyrics(musicId: number, change: LyricsChange, revision: number): Promise<LoadedLyrics> {
  return loaded(await send(`music/${musicId}/lyrics`, { method: 'PUT', body: change, revision }))
}

/** Uses an earlier version, or none. */
export async function useLyricsVersion(
  musicId: number,
  version: number | null,
  revision: number,
): Promise<LoadedLyrics> {
  return loaded(await send(`music/${musicId}/lyrics/use`, { method: 'POST', body: { version }, revision }))
}

export async function requestLyricsWork(musicId: number, request: LyricsWorkBody): Promise<void> {
  await send(`music/${musicId}/lyrics/work`, { method: 'POST', body: request })
}

export async function cancelLyricsWork(musicId: number): Promise<void> {
  await call(`music/${musicId}/lyrics/work`, { method: 'DELETE' })
}

function send(
  path: string,
  { method, body, revision }: { method: string; body: unknown; revision?: number },
): Promise<Response> {
  const condition = revision === undefined ? {} : { 'if-match': `"${revision}"` }
  return call(path, {
    method,
    headers: { 'content-type': 'application/json', ...condition },
    body: JSON.stringify(body),
  })
}

async function loaded(answer: Response): Promise<LoadedLyrics> {
  const words = (await answer.json()) as LyricsAnswer
  // A proxy that compresses answers may turn the entity tag into a weak one.
  const revision = Number(/\d+/.exec(answer.headers.get('etag') ?? '')?.[0] ?? 0)
  return { ...words, lyrics: words.lyrics as Lyrics | null, revision }
}
