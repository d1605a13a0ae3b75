import type { Config } from '../config.ts'
import { timingRules } from '../lyrics/timing/timing-rules.ts'
import { toMono16k } from '../lyrics/timing/to-mono.ts'
import { lyricsOf, saveLyrics } from '../store/tables/lyrics.ts'
import { LyricsFlow } from '../transcribe/lyrics-flow.ts'
import type { ServerResources } from './resources.ts'

/** Connects the work on lyrics with the models, the rules of timing and the versions of lyrics in the ledger. */
export function openLyricsFlow(
  { db, folders, log, faults, installedModels, records }: ServerResources,
  { mode, whenChecked }: { mode: Config['LYRICS']; whenChecked(songId: number): Promise<void> },
): LyricsFlow {
  return new LyricsFlow({
    db,
    folders,
    log,
    mode,
    rules: timingRules,
    toMono: toMono16k,
    speechModel: () => installedModels.speech[0] ?? null,
    lyricsInUse: (songId) => lyricsOf(db, songId),
    saveLyrics({ version: replaced, ...saved }) {
      const { kind, revision, version } = saveLyrics(db, { ...saved, replaced })
      if (kind !== 'saved' || version === null) return null
      void records.savePerson(saved.songId)
      return { version, revision }
    },
    transientFaultOf: (error) => faults.classify(error),
    whenChecked,
  })
}
