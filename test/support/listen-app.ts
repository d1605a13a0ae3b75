import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type App, createApp, type GuardSettings, type RouteFunctions } from '../../src/listen/app.ts'
import { EventStream } from '../../src/listen/events/event-stream.ts'
import { openLog } from '../../src/log.ts'
import { Database } from '../../src/store/ledger/database.ts'
import { ledgerPath } from '../../src/store/song-files/paths.ts'

export type ListenApp = {
  app: App
  db: Database
  folders: { root: string }
  events: EventStream
  /** Writes a file, with the folders above it. */
  put(path: string, bytes: string): Promise<void>
  close(): Promise<void>
}

const GUARD: GuardSettings = {
  host: '127.0.0.1',
  serverUrl: undefined,
  accessToken: undefined,
  trustedProxy: undefined,
  requestsPerMinute: 0,
  uploadsAtOnce: 2,
  stalledMs: 60_000,
}

/**
 * Opens the HTTP side alone, with a ledger of its own and without a port. Requests are sent by `app.inject`.
 * @param routes fakes of the functions that the test needs; all others throw when they are called
 */
export async function openListenApp({
  routes = {},
  guard = {},
}: {
  routes?: Partial<RouteFunctions>
  guard?: Partial<GuardSettings>
} = {}): Promise<ListenApp> {
  const folders = { root: await mkdtemp(join(tmpdir(), 'minus-one-listen-')) }
  const db = new Database(ledgerPath(folders))
  const events = new EventStream()
  const app = await createApp({
    routes: { ...untouchedRoutes(), db, folders, events, ...routes },
    log: openLog({ format: 'text' }),
    guard: { ...GUARD, ...guard },
    http: { server: createServer(), answerBy: () => undefined },
  })
  return {
    app,
    db,
    folders,
    events,
    async put(path, bytes) {
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, bytes)
    },
    async close() {
      events.close()
      await app.close()
      db.close()
      await rm(folders.root, { recursive: true, force: true })
    },
  }
}

/** Fakes of all route functions. Those of single routes throw, so that a test fails after an unexpected call. */
function untouchedRoutes(): Omit<RouteFunctions, 'db' | 'folders' | 'events'> {
  return {
    basePath: '',
    version: '0.0.0',
    classifyFault: () => null,
    probeForFault: () => null,
    countRequest: () => undefined,
    whyWaiting: () => null,
    beginsIn: () => null,
    whenChecked: async () => undefined,
    expectListener: () => undefined,
    receive: unexpected('receive'),
    requestMix: unexpected('requestMix'),
    retrySong: unexpected('retrySong'),
    movePlayhead: unexpected('movePlayhead'),
    readBlock: unexpected('readBlock'),
    readPeaks: unexpected('readPeaks'),
    requestCustomMix: unexpected('requestCustomMix'),
    renderFile: unexpected('renderFile'),
    openPractice: unexpected('openPractice'),
    renameSong: unexpected('renameSong'),
    savePractice: unexpected('savePractice'),
    saveLyrics: unexpected('saveLyrics'),
    useLyrics: unexpected('useLyrics'),
    lyricsWorkOf: () => null,
    requestLyricsWork: unexpected('requestLyricsWork'),
    cancelLyricsWork: unexpected('cancelLyricsWork'),
    deleteSong: unexpected('deleteSong'),
    restoreSong: unexpected('restoreSong'),
    saveSetlists: async () => undefined,
    reset: unexpected('reset'),
    workers: unexpected('workers'),
    models: unexpected('models'),
    health: unexpected('health'),
    metrics: unexpected('metrics'),
    claimJob: unexpected('claimJob'),
    readInput: unexpected('readInput'),
    readModel: unexpected('readModel'),
    findGraph: unexpected('findGraph'),
    saveResult: unexpected('saveResult'),
    reportFailure: unexpected('reportFailure'),
  }
}

function unexpected(name: string): () => never {
  return () => {
    throw new Error(`The test did not expect a call of ${name}.`)
  }
}
