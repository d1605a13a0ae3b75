import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { NO_PRACTICE_SETTINGS, type PracticeSettings } from '../../../src/song/practice-settings.ts'

export type LoadedSettings = { settings: PracticeSettings; version: number }
export type SaveOutcome = { kind: 'saved'; version: number } | { kind: 'changed-elsewhere' }

export type SongSettingsNeeds = {
  load(musicId: number): Promise<LoadedSettings>
  /** Saves settings if the server still has `version`. */
  save(musicId: number, settings: PracticeSettings, version: number): Promise<SaveOutcome>
  /** Called when another page was faster with the same settings: those are shown now. `lost` are those of this page. */
  onConflict(musicId: number, lost: Partial<PracticeSettings>): void
  /** Called when settings cannot be loaded or saved. */
  onFailure(musicId: number, error: unknown): void
}

/** Changes within this time are saved together: a drag of a fader makes many. */
const SAVE_AFTER_MS = 400
const RETRY_AFTER_MS = 5_000

type Entry = {
  /** The settings as this page shows them, without the overrides. */
  settings: Signal<PracticeSettings>
  /** The settings as the server has them, as far as this page knows. */
  known: PracticeSettings
  /** What the address names. It counts more than the settings, and is not saved. */
  overrides: Signal<Partial<PracticeSettings>>
  shown: ReadonlySignal<PracticeSettings>
  /** The version on the server that `settings` are based on; null until they are loaded. */
  version: number | null
  loading: Promise<void> | null
  /** What is not saved yet. */
  unsaved: Partial<PracticeSettings> | null
  isSaving: boolean
  timer: ReturnType<typeof setTimeout> | undefined
}

/**
 * The practice settings of songs (mix, key, tempo, loop, markers). A change shows at once and is saved on the server soon.
 * The server refuses to overwrite what another page saved meanwhile. Then changes of different settings are merged; of the same
 * setting the other page's is shown, and `onConflict` is told.
 */
export class SongSettings {
  readonly #needs: SongSettingsNeeds
  readonly #entries = new Map<number, Entry>()

  constructor(needs: SongSettingsNeeds) {
    this.#needs = needs
  }

  /** The settings that count for a song: its overrides, then its own. They are the defaults until they are loaded. */
  of(musicId: number): ReadonlySignal<PracticeSettings> {
    return this.#entry(musicId).shown
  }

  /** Whether the server has settings of a song. Load them first. */
  hasSaved(musicId: number): boolean {
    return (this.#entry(musicId).version ?? 0) > 0
  }

  /** Loads the settings of a song, once. */
  load(musicId: number): Promise<void> {
    const entry = this.#entry(musicId)
    if (entry.version !== null) return Promise.resolve()
    entry.loading ??= this.#fetch(musicId, entry).finally(() => {
      entry.loading = null
    })
    return entry.loading
  }

  /** A song that was added a moment ago has no settings, so there is nothing to load before it plays. */
  addSong(musicId: number): void {
    this.#entry(musicId).version ??= 0
  }

  /** Follows a change that the server tells about. Changes of this page that are not saved yet stay: saving finds the conflict. */
  follow(musicId: number, version: number): void {
    const entry = this.#entries.get(musicId)
    if (!entry || entry.version === null || entry.version >= version) return
    if (entry.unsaved || entry.isSaving) return
    entry.version = null
    void this.load(musicId)
  }

  /** Loads all settings again that have no unsaved changes, because news of them may have been missed. */
  reload(): void {
    for (const [musicId, entry] of this.#entries) {
      if (entry.version === null || entry.unsaved || entry.isSaving) continue
      entry.version = null
      void this.load(musicId)
    }
  }

  change(musicId: number, changes: Partial<PracticeSettings>): void {
    const entry = this.#entry(musicId)
    entry.settings.value = { ...entry.settings.value, ...changes }
    const kept = Object.entries(entry.overrides.value).filter(([name]) => !(name in changes))
    entry.overrides.value = Object.fromEntries(kept)
    entry.unsaved = { ...entry.unsaved, ...changes }
    clearTimeout(entry.timer)
    entry.timer = setTimeout(() => void this.#save(musicId, entry), SAVE_AFTER_MS)
  }

  /** Shows settings that are not saved, such as those of the address, until they are changed. */
  override(musicId: number, overrides: Partial<PracticeSettings>): void {
    this.#entry(musicId).overrides.value = overrides
  }

  /** The settings that are shown without being saved. */
  overridesOf(musicId: number): Partial<PracticeSettings> {
    return this.#entry(musicId).overrides.peek()
  }

  /** Shows one more setting that is not saved; the others stay. */
  overrideMix(musicId: number, mix: PracticeSettings['mix']): void {
    const { overrides } = this.#entry(musicId)
    overrides.value = { ...overrides.value, mix }
  }

  /** Saves what is not saved yet, as before the page closes. */
  async flush(): Promise<void> {
    await Promise.all([...this.#entries].map(([musicId, entry]) => entry.unsaved && this.#save(musicId, entry)))
  }

  async #fetch(musicId: number, entry: Entry): Promise<void> {
    try {
      const { settings, version } = await this.#needs.load(musicId)
      entry.version = version
      entry.known = settings
      entry.settings.value = { ...settings, ...entry.unsaved }
    } catch (error) {
      this.#needs.onFailure(musicId, error)
    }
  }

  async #save(musicId: number, entry: Entry): Promise<void> {
    clearTimeout(entry.timer)
    if (entry.isSaving || !entry.unsaved) return
    entry.isSaving = true
    let { unsaved } = entry
    let nextMs = SAVE_AFTER_MS
    try {
      await this.load(musicId)
      if (entry.version === null) throw new Error('The settings of this song are not saved yet; trying again.')
      unsaved = entry.unsaved
      entry.unsaved = null
      const saved = entry.settings.value
      const outcome = await this.#needs.save(musicId, saved, entry.version)
      if (outcome.kind === 'saved') Object.assign(entry, { version: outcome.version, known: saved })
      else await this.#merge(musicId, entry, unsaved)
    } catch (error) {
      entry.unsaved = { ...unsaved, ...entry.unsaved }
      nextMs = RETRY_AFTER_MS
      this.#needs.onFailure(musicId, error)
    } finally {
      entry.isSaving = false
    }
    if (entry.unsaved) entry.timer = setTimeout(() => void this.#save(musicId, entry), nextMs)
  }

  /** Takes over what another page saved, and keeps what this page changed of the other settings. */
  async #merge(musicId: number, entry: Entry, refused: Partial<PracticeSettings>): Promise<void> {
    const { settings: theirs, version } = await this.#needs.load(musicId)
    const mine = { ...refused, ...entry.unsaved }
    const isTheirs = (name: keyof PracticeSettings) => !isEqual(theirs[name], entry.known[name])
    const names = Object.keys(mine) as (keyof PracticeSettings)[]
    const pick = (chosen: readonly string[]): Partial<PracticeSettings> =>
      Object.fromEntries(Object.entries(mine).filter(([name]) => chosen.includes(name)))
    const lost = names.filter((name) => isTheirs(name) && !isEqual(theirs[name], mine[name]))
    const kept = names.filter((name) => !isTheirs(name))
    entry.version = version
    entry.known = theirs
    entry.settings.value = { ...theirs, ...pick(kept) }
    entry.unsaved = kept.length > 0 ? pick(kept) : null
    if (lost.length > 0) this.#needs.onConflict(musicId, pick(lost))
  }

  #entry(musicId: number): Entry {
    const known = this.#entries.get(musicId)
    if (known) return known
    const settings = signal(NO_PRACTICE_SETTINGS)
    const overrides = signal<Partial<PracticeSettings>>({})
    const entry: Entry = {
      settings,
      known: NO_PRACTICE_SETTINGS,
      overrides,
      shown: computed(() => ({ ...settings.value, ...overrides.value })),
      version: null,
      loading: null,
      unsaved: null,
      isSaving: false,
      timer: undefined,
    }
    this.#entries.set(musicId, entry)
    return entry
  }
}

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
