import { Server as HttpsServer } from 'node:https'
import { warmUp } from '../assemble/warm-up.ts'
import { StompClient } from '../broker/client/stomp-client.ts'
import { brokerAddress, type Config } from '../config.ts'
import { createApp } from '../listen/app.ts'
import type { HttpListener } from '../listen/http-listener.ts'
import type { Log } from '../log.ts'
import type { InstalledModels } from '../models/installed-models.ts'
import type { FolderLock } from '../store/data-folder/folder-lock.ts'
import type { Folders } from '../store/song-files/paths.ts'
import { recallInvitations } from '../store/transitions/jobs.ts'
import { urlOf, urlTowardsBroker } from './address.ts'
import type { Certificate } from './certificate.ts'
import { watchModels } from './model-watch.ts'
import { buildParts, type ServerParts } from './parts.ts'
import { openResources, type ServerResources } from './resources.ts'
import { routeFunctions, runOf } from './route-functions.ts'

export type Server = {
  url: string
  /** New connections use it from now on. Open ones keep the earlier certificate. */
  renewCertificate(certificate: Certificate): void
  close(): Promise<void>
}

export type ServerOptions = {
  config: Config
  installedModels: InstalledModels
  /** The data folder, which this process has locked by `lock`. */
  folders: Folders
  lock: FolderLock
  /** The open port. */
  http: HttpListener
  isEmbedded: boolean
  isClockTrusted: boolean
  log: Log
  version: string
}

/** Starts the server: its ledger, broker connection, parts and HTTP routes. It resumes the work of the last server process. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { config, installedModels, http, isEmbedded, log, version } = options
  installedModels.find(config.MODEL)
  for (const { reason } of installedModels.faults) log.warn(`Server: ${reason}`)
  const resources = await openResources(options)
  const broker = connectBroker(options)
  const url = urlOf(http, config)
  const serverUrl = (): string => config.SERVER_URL || (isEmbedded ? url : urlTowardsBroker(config, broker, http))
  const sender = { serverId: resources.serverId, run: () => runOf(resources), serverUrl }
  const parts = buildParts(resources, { config, broker, sender })
  const { flow, scheduler } = parts
  if (isEmbedded) recallInvitations(resources.db)
  flow.resumeAll()
  parts.lyrics.resumeAll()
  warmUp(installedModels.find(config.MODEL).grid)
  const app = await createApp({
    routes: routeFunctions(resources, parts, { config, broker, isEmbedded, version }),
    log,
    http,
    guard: guardSettings(config),
  })
  void broker.whenConnected().then(() => scheduler.announce('beacon'))
  void resources.setlistsFile.reconcile()
  void flow.checkFiles().then(() => resources.records.reconcile())
  const stopWatching = watchModels(resources, () => scheduler.announce('beacon'))
  return {
    url,
    renewCertificate(certificate) {
      if (http.server instanceof HttpsServer) http.server.setSecureContext(certificate)
    },
    async close() {
      stopWatching()
      await close({ resources, parts, app, http, broker })
    },
  }
}

function connectBroker({ config, log }: ServerOptions): StompClient {
  return new StompClient({
    address: brokerAddress(config),
    heartbeats: config.AUDIO_WORKER_CONN_HEARTBEATS,
    log: { info: (message) => log.info(`Server: ${message}`), warn: (message) => log.warn(`Server: ${message}`) },
  })
}

function guardSettings(config: Config): Parameters<typeof createApp>[0]['guard'] {
  return {
    host: config.HOST,
    serverUrl: config.SERVER_URL,
    accessToken: config.ACCESS_TOKEN,
    trustedProxy: config.TRUSTED_PROXY,
    requestsPerMinute: config.MAX_REQUESTS_PER_MINUTE,
    uploadsAtOnce: config.MAX_UPLOADS,
    stalledMs: config.STALLED_AFTER_SECONDS * 1000,
  }
}

/** Stops new work first, then waits for running work, and closes the ledger last. */
async function close({
  resources: { db, faults, mediaPool, records, setlistsFile, reserve },
  parts: { scheduler, trash, events, flow, lyrics, exports, playback, publisher },
  app,
  http,
  broker,
}: {
  resources: ServerResources
  parts: ServerParts
  app: { close(): Promise<void> }
  http: HttpListener
  broker: StompClient
}): Promise<void> {
  scheduler.close()
  trash.close()
  events.close()
  // The app never listens itself. It ends its own work first, then the listener closes the port and the connections.
  await app.close()
  await http.close()
  await flow.close()
  await lyrics.close()
  await exports.close()
  playback.close()
  mediaPool.close()
  await broker.close()
  publisher.close()
  await records.close()
  await setlistsFile.close()
  faults.close()
  reserve.close()
  db.close()
}
