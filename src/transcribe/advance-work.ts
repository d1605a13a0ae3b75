import { isDeepStrictEqual } from 'node:util'
import { UserError } from '../song/errors.ts'
import { type Lyrics, timingOf } from '../song/lyrics.ts'
import { SAMPLE_RATE } from '../song/pcm.ts'
import type { Database } from '../store/ledger/database.ts'
import { type StoredLyricsWork, storedLyricsWork } from '../store/queries/lyrics-tasks.ts'
import { expectedSamples, type Song } from '../store/queries/songs.ts'
import type { Folders } from '../store/song-files/paths.ts'
import { endLyricsWork, moveLyricsWork, planLyricsWork } from '../store/transitions/lyrics-work.ts'
import { hearWords } from './hear-words.ts'
import { heardPart } from './heard-part.ts'
import { placeWords } from './place-words.ts'
import type { TimingRules } from './timing-rules.ts'
import type { HeardVoice, VoiceMemory } from './voice-memory.ts'

/** About so many seconds of a song make a job. It only tells how far the work is while the voice is not known to its end. */
const SECONDS_PER_JOB = 20

/** What the work remembers beside its jobs, as JSON. @property version the version that it has saved; null before the first */
type WorkPlan = { version: number | null }

/** The lyrics of a song in use, and the number of their changes so far (0: it never had any). */
export type LyricsInUse = { lyrics: Lyrics | null; revision: number }

export type Saved = { version: number; revision: number }

export type AdvanceOptions = {
  db: Database
  folders: Folders
  rules: TimingRules
  voices: VoiceMemory
  /** The installed model that hears words; null if there is none. */
  speechModel(): { id: string } | null
  lyricsInUse(songId: number): LyricsInUse
  /**
   * Saves what the work has found: as a new version, or in place of `version`. Must be called in a transaction.
   * @returns null if the revision is another one: somebody has changed the lyrics
   */
  saveLyrics(saved: { songId: number; lyrics: Lyrics; revision: number; version: number | null }): Saved | null
}

/** What a look at the work has found. @property lyrics what can be shown of it; null for nothing yet @property isDone whether that is all */
type Found = { lyrics: Lyrics | null; isDone: boolean; total: number }

/**
 * Does what can be done now for the lyrics of a song: listens to new blocks of the voice, adds jobs, and saves what their results
 * tell. It is called again after each change, and each call finds the same plan. Throws a UserError if the work cannot be done.
 */
export async function advanceWork(options: AdvanceOptions & { song: Song; signal: AbortSignal }): Promise<void> {
  const { db, folders, song, signal, voices } = options
  const work = storedLyricsWork(db, song.id)
  if (!work || work.reason !== null || song.state === 'failed') return
  if (options.lyricsInUse(song.id).revision !== work.revision) {
    endLyricsWork(db, song.id) // somebody has changed the lyrics, and knows better
    return
  }
  const voice = await voices.listen({ db, folders, song, signal })
  if (signal.aborted) return
  const modelId = work.modelId ?? options.speechModel()?.id
  if (modelId === undefined) throw new UserError('No model that hears words is installed.', { code: 'no-voice' })
  save(options, { work, modelId, found: look(options, { work, voice, modelId }) })
}

function look(
  { db, rules, song }: AdvanceOptions & { song: Song },
  { work, voice, modelId }: { work: StoredLyricsWork; voice: HeardVoice; modelId: string },
): Found {
  const { lyrics: text } = work
  const { songId, language } = work
  const expectedJobs = Math.ceil(expectedSamples(song) / SAMPLE_RATE / SECONDS_PER_JOB)
  const untilMs = Math.floor((voice.untilSample * 1000) / SAMPLE_RATE)
  if (work.kind === 'align' && text && hasLineTimes(text)) {
    const groups = rules.groups(text, voice.isWhole ? Number.POSITIVE_INFINITY : untilMs)
    const chosen = language ?? text.language
    const areAll = voice.isWhole
    const placing = placeWords(db, {
      songId,
      modelId,
      language: chosen,
      guess: text,
      groups,
      areAll,
      songMs: untilMs,
      rules,
    })
    if (placing.isWhole && !placing.fits) throw doesNotFit('the voice does not sing its lines at their times')
    const lyrics = placing.done > 0 && placing.fits ? placing.lyrics : null
    return { lyrics, isDone: placing.isWhole, total: areAll ? groups.length : Math.max(groups.length, expectedJobs) }
  }
  const windows = rules.windows(voice.voice, voice.isWhole)
  const areAll = voice.isWhole
  const chosen = language ?? text?.language ?? null
  const hearing = hearWords(db, { songId, modelId, language: chosen, windows, areAll })
  const windowCount = areAll ? windows.length : Math.max(windows.length, expectedJobs)
  if (hearing.isWhole && hearing.heard.length === 0)
    throw new UserError('No voice was found in this song.', { code: 'no-voice' })
  if (!text) {
    const lyrics = hearing.heard.length > 0 ? rules.transcript(hearing.heard, hearing.language) : null
    return { lyrics, isDone: hearing.isWhole, total: windowCount }
  }
  const { guess, fits } = rules.match(text, hearing.heard, voice.voice)
  if (!hearing.isWhole) {
    return { lyrics: heardPart(guess), isDone: false, total: windowCount + expectedJobs }
  }
  if (!fits) throw doesNotFit('too few of its words were heard')
  const groups = rules.groups(guess, Number.POSITIVE_INFINITY)
  const placing = placeWords(db, {
    songId,
    modelId,
    language: hearing.language,
    guess,
    groups,
    areAll: true,
    songMs: untilMs,
    rules,
  })
  return { lyrics: placing.lyrics, isDone: placing.isWhole, total: windows.length + groups.length }
}

/** Whether the beginning of each line is known, and not that of each word: the lines need not be found first. */
function hasLineTimes({ lines }: Lyrics): boolean {
  const isOpen = lines.some(({ words }) => words.some(({ startMs }) => startMs === null))
  return isOpen && lines.every(({ startMs }) => startMs !== null)
}

function doesNotFit(why: string): UserError {
  return new UserError(`The text does not fit the song: ${why}. Check that it is the right text.`, {
    code: 'text-does-not-fit',
  })
}

function save(
  { db, saveLyrics, lyricsInUse }: AdvanceOptions,
  { work, modelId, found: { lyrics, isDone, total } }: { work: StoredLyricsWork; modelId: string; found: Found },
): void {
  const { songId } = work
  if (isDone && (!lyrics || timingOf(lyrics) !== 'words'))
    throw new UserError('The words could not be placed in the voice.', { code: 'text-does-not-fit' })
  let { version } = readPlan(work)
  const saveNews = (): boolean => {
    if (!lyrics || isDeepStrictEqual(lyrics, lyricsInUse(songId).lyrics)) return true
    const saved = saveLyrics({ songId, lyrics, revision: work.revision, version })
    if (saved) moveLyricsWork(db, { songId, revision: saved.revision })
    version = saved?.version ?? version
    return saved !== null
  }
  const finish = (): void => {
    const isOurs = saveNews()
    const plan = JSON.stringify({ version } satisfies WorkPlan)
    if (isDone || !isOurs) endLyricsWork(db, songId)
    else if (plan !== work.plan || total !== work.total || modelId !== work.modelId)
      planLyricsWork(db, { songId, plan, modelId, total })
  }
  db.transaction(finish, { isDurable: lyrics !== null })
}

function readPlan({ plan }: StoredLyricsWork): WorkPlan {
  return plan === null ? { version: null } : (JSON.parse(plan) as WorkPlan)
}
