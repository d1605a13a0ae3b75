import type { PracticeSettings } from '../../../src/song/practice-settings.ts'
import { call } from './api.ts'
import { Refusal, refusalOf } from './refusal.ts'
import { serverUrl } from './server-url.ts'

export async function getPractice(musicId: number): Promise<{ settings: PracticeSettings; version: number }> {
  const answer = await call(`music/${musicId}/practice`)
  return { settings: (await answer.json()) as PracticeSettings, version: versionOf(answer) }
}

/** Saves settings that are based on a version. If the server has another one, it keeps that. */
export async function putPractice(
  musicId: number,
  settings: PracticeSettings,
  version: number,
): Promise<{ kind: 'saved'; version: number } | { kind: 'changed-elsewhere' }> {
  const answer = await fetch(serverUrl(`music/${musicId}/practice`), {
    method: 'PUT',
    headers: { 'content-type': 'application/json', 'if-match': `"${version}"` },
    body: JSON.stringify(settings),
  }).catch(() => {
    throw new Refusal('The server cannot be reached. Is it still running?')
  })
  if (answer.status === 409) return { kind: 'changed-elsewhere' }
  if (answer.status === 401) location.assign(serverUrl('login'))
  if (!answer.ok) throw refusalOf(answer.status, await answer.json().catch(() => null))
  return { kind: 'saved', version: versionOf(answer) }
}

/** A proxy that compresses answers may turn the entity tag into a weak one. */
function versionOf({ headers }: Response): number {
  return Number(/\d+/.exec(headers.get('etag') ?? '')?.[0] ?? 0)
}
