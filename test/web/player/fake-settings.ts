import { NO_PRACTICE_SETTINGS } from '../../../src/song/practice-settings.ts'
import { SongSettings } from '../../../web/src/settings/song-settings.ts'

/** Practice settings whose server has none yet and takes every change. */
export function fakeSettings(): SongSettings {
  return new SongSettings({
    load: async () => ({ settings: NO_PRACTICE_SETTINGS, version: 0 }),
    save: async (_musicId, _settings, version) => ({ kind: 'saved', version: version + 1 }),
    onConflict: () => undefined,
    onFailure(_musicId, error) {
      throw error
    },
  })
}
