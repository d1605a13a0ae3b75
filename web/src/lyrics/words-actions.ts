import {
  cancelLyricsWork,
  type LoadedLyrics,
  type LyricsChange,
  putLyrics,
  requestLyricsWork,
  useLyricsVersion,
} from '../server/lyrics.ts'
import { Refusal } from '../server/refusal.ts'
import { undoHistory } from '../undo-history.ts'
import type { SongLyrics } from './song-lyrics.ts'

/** What a person can do with the words of a song. Each rejects with the reason in words. */
export type WordsActions = {
  change(change: LyricsChange): Promise<void>
  /** Uses an earlier version, or none. */
  use(version: number | null): Promise<void>
  work(kind: 'align' | 'transcribe'): Promise<void>
  cancelWork(): Promise<void>
}

const CHANGED =
  'Somebody changed these words meanwhile. The new ones are shown now; repeat your change if it is still needed.'

/** The actions for one song. A change of its words is a step that can be undone. */
export function wordsActions(lyrics: SongLyrics, musicId: number): WordsActions {
  const revision = () => lyrics.of(musicId).peek()?.revision ?? 0
  const sent = async (sending: Promise<LoadedLyrics>): Promise<LoadedLyrics> => {
    try {
      const loaded = await sending
      lyrics.show(musicId, loaded)
      return loaded
    } catch (error) {
      if (!(error instanceof Refusal && error.code === 'changed-elsewhere')) throw error
      await lyrics.reload(musicId)
      throw new Error(CHANGED)
    }
  }
  const use = (version: number | null) => sent(useLyricsVersion(musicId, version, revision()))
  const withUndo = async (act: Promise<LoadedLyrics>): Promise<void> => {
    const before = lyrics.of(musicId).peek()?.version ?? null
    const { version: after } = await act
    if (after !== before) undoHistory.add({ label: 'the words', undo: () => use(before), redo: () => use(after) })
  }
  return {
    change: (change) => withUndo(sent(putLyrics(musicId, change, revision()))),
    use: (version) => withUndo(use(version)),
    work: (kind) => requestLyricsWork(musicId, { kind, language: null }),
    cancelWork: () => cancelLyricsWork(musicId),
  }
}
