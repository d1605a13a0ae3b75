import type { StompClient } from '../broker/client/stomp-client.ts'
import { brokerAddress, type Config } from '../config.ts'
import type { RouteFunctions } from '../listen/app.ts'
import { healthAnswer } from '../listen/health.ts'
import { modelAnswers } from '../listen/model-answers.ts'
import { workerAnswers } from '../listen/worker-answers.ts'
import { SAMPLE_RATE } from '../song/pcm.ts'
import { getMeta, setMeta } from '../store/ledger/meta.ts'
import { lyricsWorkOf } from '../store/queries/lyrics-work-state.ts'
import { saveLyrics, useLyricsVersion } from '../store/tables/lyrics.ts'
import { savePracticeSettings } from '../store/tables/practice-settings.ts'
import { renameSong } from '../store/transitions/songs.ts'
import type { ServerParts } from './parts.ts'
import type { ServerResources } from './resources.ts'

type RouteSettings = { config: Config; broker: StompClient; isEmbedded: boolean; version: string }

/** The number of this server's run: 1, and one more after each reset. Work of an older run is void. */
export function runOf({ db }: Pick<ServerResources, 'db'>): number {
  return Number(getMeta(db, 'run') ?? 1)
}

/** Connects the routes with the parts of the server. */
export function routeFunctions(
  resources: ServerResources,
  parts: ServerParts,
  { config, broker, isEmbedded, version }: RouteSettings,
): RouteFunctions {
  const { db, folders, faults, metrics, records, setlistsFile, installedModels } = resources
  const { answering, calls, events, exports, flow, lyrics, playback, practiceExports, scheduler, trash, workers } =
    parts
  const hasLogin = config.ACCESS_TOKEN !== undefined
  const source = { ...resources, workers, broker }
  return {
    ...answering,
    folders,
    events,
    version,
    models: () => modelAnswers({ db, installedModels, defaultModel: config.MODEL, workers }),
    health: () => healthAnswer({ ...source, brokerAddress: brokerAddress(config), isEmbedded, hasLogin, version }),
    classifyFault: (error) => faults.classify(error),
    probeForFault: () => faults.probe(),
    metrics: () => metrics.text(),
    countRequest: ({ seconds, ...labels }) => metrics.requests.observe(labels, seconds),
    workers: () => workerAnswers(source),
    receive: (upload) => flow.receive(upload),
    requestMix: (song, tracks) => flow.requestMix(song, tracks),
    expectListener: () => playback.expectListener(),
    movePlayhead(song, { seconds, listener }) {
      const segment = Math.floor((seconds * SAMPLE_RATE) / song.plan.grid.strideSamples)
      scheduler.movePlayhead(listener, { songId: song.id, segment })
      flow.seekFor({ songId: song.id, segment })
      playback.expectListener()
    },
    retrySong: (songId) => flow.retry(songId),
    requestCustomMix: (song, mix) => flow.requestCustomMix(song, mix),
    async renameSong(song, names) {
      renameSong(db, { songId: song.id, ...names })
      await records.savePerson(song.id)
    },
    async savePractice({ id: songId }, practice) {
      const outcome = savePracticeSettings(db, { songId, ...practice })
      if (outcome.kind === 'saved') await records.savePerson(songId)
      return outcome
    },
    async saveLyrics({ id: songId }, saved) {
      const outcome = saveLyrics(db, { songId, ...saved })
      if (outcome.kind === 'saved') await records.savePerson(songId)
      return outcome
    },
    async useLyrics({ id: songId }, used) {
      const outcome = useLyricsVersion(db, { songId, ...used })
      if (outcome?.kind === 'saved') await records.savePerson(songId)
      return outcome
    },
    lyricsWorkOf: (songId) => lyricsWorkOf(db, songId),
    requestLyricsWork: (song, request) => lyrics.request(song.id, request),
    cancelLyricsWork: (song) => lyrics.cancel(song.id),
    whenChecked: (songId) => flow.whenChecked(songId),
    deleteSong: (songId) => trash.delete(songId),
    restoreSong: (songId) => trash.restore(songId),
    saveSetlists: () => setlistsFile.save(),
    reset: () => reset(resources, parts),
    readBlock: (block) => playback.block(block),
    readPeaks: (song, range) => playback.peaks(song, range),
    renderFile: (file, format, signal) => exports.render(file, format, signal),
    openPractice: (download) => practiceExports.open(download),
    claimJob: (jobId, claim) => calls.claim(jobId, claim),
    readInput: (jobId, token) => calls.input(jobId, token),
    readModel: (jobId, token) => calls.model(jobId, token),
    findGraph: (jobId, token, sha256) => calls.graph(jobId, token, sha256),
    saveResult: (result) => calls.saveResult(result),
    reportFailure: (jobId, token, failure) => calls.fail(jobId, token, failure),
  }
}

async function reset({ db, log }: ServerResources, { scheduler, trash }: ServerParts): Promise<void> {
  setMeta(db, 'run', String(runOf({ db }) + 1))
  scheduler.announce('reset')
  const count = await trash.eraseAll()
  log.info(`Server: reset - ${count} songs deleted, all work cancelled.`)
}
