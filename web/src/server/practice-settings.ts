import type { PracticeSettings } from '../../../src/song/practice-settings.ts'
import { call } from './api.ts'
import { Refusal } from './refusal.ts'

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
  try {
    const answer = await call(`music/${musicId}/practice`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'if-match': `"${version}"` },
      body: JSON.stringify(settings),
    })
    return { kind: 'saved', version: versionOf(answer) }
  } catch (error) {
    if (error instanceof Refusal && error.code === 'changed-elsewhere') return { kind: 'changed-elsewhere' }
    throw error
  }
}

/** A proxy that compresses answers may turn the entity tag into a weak one. */
function versionOf({ headers }: Response): number {
  return Number(/\d+/.exec(headers.get('etag') ?? '')?.[0] ?? 0)
}
