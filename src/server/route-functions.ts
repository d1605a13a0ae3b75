import type { AppParts } from '../listen/app.ts'
import { modelAnswers } from '../listen/model-answers.ts'
import { SAMPLE_RATE } from '../song/pcm.ts'
import { getMeta, setMeta } from '../store/ledger/meta.ts'
import { renameSong } from '../store/transitions/songs.ts'
import type { Foundation } from './resources.ts'
import type { Rooms } from './parts.ts'

/** How often this server was reset, and one more: work of an older run is void. */
export function runOf({ db }: Pick<Foundation, 'db'>): number {
  return Number(getMeta(db, 'run') ?? 1)
}

/** What the rooms do for those who ask over HTTP. */
export function appParts(
  foundation: Foundation,
  rooms: Rooms,
  { version, defaultModel }: { version: string; defaultModel: string },
): AppParts {
  const { db, folders, faults, metrics, records, shelf } = foundation
  const { answering, calls, events, exports, flow, overview, scheduler, trash, workers } = rooms
  return {
    ...answering,
    folders,
    events,
    version,
    models: () => modelAnswers({ db, shelf, defaultModel, workers }),
    health: () => overview.health(),
    notePassingFault: (error) => faults.note(error),
    probeForFault: () => faults.probe(),
    metrics: () => metrics.text(),
    noteRequest: ({ seconds, ...labels }) => metrics.requests.observe(labels, seconds),
    workers: () => overview.workers(),
    receive: (upload) => flow.receive(upload),
    keepTracks: (song, kept) => flow.requestMix(song, kept),
    expectListener: () => exports.expectListener(),
    notePlayhead(song, { seconds, listener }) {
      const segment = Math.floor((seconds * SAMPLE_RATE) / song.plan.grid.strideSamples)
      scheduler.noteListener(listener, { songId: song.id, segment })
      flow.seek({ songId: song.id, segment })
      exports.expectListener()
    },
    retrySong: (songId) => flow.retry(songId),
    addMix: (song, mix) => flow.mix(song, mix),
    async renameSong(song, names) {
      renameSong(db, { songId: song.id, ...names })
      await records.savePerson(song.id)
    },
    whenChecked: (songId) => flow.whenChecked(songId),
    deleteSong: (songId) => trash.delete(songId),
    restoreSong: (songId) => trash.restore(songId),
    reset: () => reset(foundation, rooms),
    readBlock: (block) => exports.block(block),
    readPeaks: (song, range) => exports.peaks(song, range),
    renderFile: (file, format, signal) => exports.render(file, format, signal),
    claimJob: (jobId, claim) => calls.claim(jobId, claim),
    readInput: (jobId, token) => calls.input(jobId, token),
    readModel: (jobId, token) => calls.model(jobId, token),
    findGraph: (jobId, token, sha256) => calls.graph(jobId, token, sha256),
    saveResult: (result) => calls.saveResult(result),
    noteFailure: (jobId, token, failure) => calls.fail(jobId, token, failure),
  }
}

async function reset({ db, log }: Foundation, { scheduler, trash }: Rooms): Promise<void> {
  setMeta(db, 'run', String(runOf({ db }) + 1))
  scheduler.announce('reset')
  const count = await trash.eraseAll()
  log.info(`Server: reset - ${count} songs deleted, all work cancelled.`)
}
