import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { NO_PRACTICE_SETTINGS, type PracticeSettings } from '../../../src/song/practice-settings.ts'
import { SongSettings } from '../../../web/src/settings/song-settings.ts'

const SONG = 7
const LOOP = { start: 1, end: 2 }

/** The settings of a page, and a server that keeps those of one song. */
function setUp(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const server = { settings: NO_PRACTICE_SETTINGS, version: 0, saves: 0, isAway: false }
  const conflicts: Partial<PracticeSettings>[] = []
  const failures: unknown[] = []
  const settings = new SongSettings({
    load: async () => {
      if (server.isAway) throw new Error('away')
      return { settings: server.settings, version: server.version }
    },
    save: async (_id, saved, version) => {
      if (server.isAway) throw new Error('away')
      server.saves++
      if (version !== server.version) return { kind: 'changed-elsewhere' }
      Object.assign(server, { settings: saved, version: version + 1 })
      return { kind: 'saved', version: server.version }
    },
    onConflict: (_id, lost) => conflicts.push(lost),
    onFailure: (_id, error) => failures.push(error),
  })
  const saveOnOtherPage = (changes: Partial<PracticeSettings>) => {
    Object.assign(server, { settings: { ...server.settings, ...changes }, version: server.version + 1 })
  }
  /** Lets the time for saving pass, and all that follows at once. */
  const pass = async (ms: number) => {
    t.mock.timers.tick(ms)
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  }
  return { settings, server, conflicts, failures, saveOnOtherPage, pass, shown: () => settings.of(SONG).value }
}

describe('the practice settings on the page', () => {
  test('a change shows at once, and many changes are saved as one', async (t) => {
    const { settings, server, pass, shown } = setUp(t)
    await settings.load(SONG)
    for (let semitones = 1; semitones <= 5; semitones++) settings.change(SONG, { semitones })
    assert.equal(shown().semitones, 5)
    await pass(1_000)
    assert.deepEqual([server.saves, server.settings.semitones], [1, 5])
  })

  test('a change made while the last one is being saved is saved as well', async (t) => {
    const { settings, server, pass } = setUp(t)
    await settings.load(SONG)
    settings.change(SONG, { tempo: 0.8 })
    t.mock.timers.tick(400)
    settings.change(SONG, { loop: LOOP })
    await pass(0)
    await pass(400)
    assert.deepEqual([server.settings.tempo, server.settings.loop], [0.8, LOOP])
  })

  test('what another page saved of the same setting is shown, and not overwritten', async (t) => {
    const { settings, server, conflicts, saveOnOtherPage, pass, shown } = setUp(t)
    await settings.load(SONG)
    saveOnOtherPage({ tempo: 0.9 })
    settings.change(SONG, { tempo: 0.5 })
    await pass(400)
    assert.deepEqual([server.settings.tempo, shown().tempo], [0.9, 0.9])
    assert.deepEqual(conflicts, [{ tempo: 0.5 }])
    settings.change(SONG, { tempo: 0.5 })
    await pass(400)
    assert.equal(server.settings.tempo, 0.5, 'the user can do it again')
  })

  test('changes of different settings on two pages are merged without a word', async (t) => {
    const { settings, server, conflicts, saveOnOtherPage, pass, shown } = setUp(t)
    await settings.load(SONG)
    saveOnOtherPage({ semitones: -3 })
    settings.change(SONG, { tempo: 0.5 })
    await pass(400)
    await pass(400)
    assert.deepEqual([server.settings.semitones, server.settings.tempo], [-3, 0.5])
    assert.deepEqual([shown().semitones, shown().tempo], [-3, 0.5])
    assert.deepEqual(conflicts, [])
  })

  test('a change of another page that the server tells about shows without a reload', async (t) => {
    const { settings, saveOnOtherPage, pass, shown } = setUp(t)
    await settings.load(SONG)
    saveOnOtherPage({ loop: LOOP })
    settings.follow(SONG, 1)
    await pass(0)
    assert.deepEqual(shown().loop, LOOP)
  })

  test('a song that was added a moment ago plays without waiting for its settings, and is saved all the same', async (t) => {
    const { settings, server, pass } = setUp(t)
    server.isAway = true
    settings.addSong(SONG)
    await settings.load(SONG)
    server.isAway = false
    settings.change(SONG, { semitones: 3 })
    await pass(400)
    assert.deepEqual([server.settings.semitones, server.version], [3, 1])
  })

  test('what another page sets for a new song shows', async (t) => {
    const { settings, saveOnOtherPage, pass, shown } = setUp(t)
    settings.addSong(SONG)
    saveOnOtherPage({ semitones: -2 })
    settings.follow(SONG, 1)
    await pass(0)
    assert.equal(shown().semitones, -2)
  })

  test('settings are loaded again when news of them may have been missed, but not over an unsaved change', async (t) => {
    const { settings, saveOnOtherPage, pass, shown } = setUp(t)
    await settings.load(SONG)
    saveOnOtherPage({ semitones: 5 })
    settings.reload()
    await pass(0)
    assert.equal(shown().semitones, 5)
    settings.change(SONG, { tempo: 0.7 })
    settings.reload()
    await pass(0)
    assert.equal(shown().tempo, 0.7)
  })

  test('the page’s own save, told back to it, loads nothing', async (t) => {
    const { settings, server, pass } = setUp(t)
    await settings.load(SONG)
    settings.change(SONG, { semitones: 2 })
    await pass(400)
    server.isAway = true
    settings.follow(SONG, 1)
    await pass(0)
    assert.equal(settings.of(SONG).value.semitones, 2)
  })

  test('the address counts more than the saved settings until they are changed, and is not saved', async (t) => {
    const { settings, server, pass, shown } = setUp(t)
    await settings.load(SONG)
    settings.override(SONG, { semitones: -2, loop: LOOP })
    assert.deepEqual([shown().semitones, shown().loop], [-2, LOOP])
    settings.change(SONG, { semitones: -1 })
    await pass(400)
    assert.deepEqual([shown().semitones, shown().loop], [-1, LOOP])
    assert.deepEqual([server.settings.semitones, server.settings.loop], [-1, null])
  })

  test('a change while the server is away is saved when it is back', async (t) => {
    const { settings, server, failures, pass, shown } = setUp(t)
    await settings.load(SONG)
    server.isAway = true
    settings.change(SONG, { semitones: 4 })
    await pass(400)
    assert.equal(failures.length, 1)
    assert.equal(shown().semitones, 4)
    server.isAway = false
    await pass(5_000)
    assert.equal(server.settings.semitones, 4)
  })

  test('a change made before the settings have come replaces nothing else of them', async (t) => {
    const { settings, server, saveOnOtherPage, pass } = setUp(t)
    saveOnOtherPage({ semitones: -3 })
    const loading = settings.load(SONG)
    settings.change(SONG, { tempo: 0.9 })
    await loading
    await pass(400)
    assert.deepEqual([server.settings.semitones, server.settings.tempo], [-3, 0.9])
  })
})
