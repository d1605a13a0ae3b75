import type { FastifyRequest } from 'fastify'
import { SongTexts } from './events/song-texts.ts'
import { limitUploads } from './guard/limits.ts'
import { type ClaimRoutes, claimRoutes } from './routes/claim-routes.ts'
import { type DeletionRoutes, deletionRoutes } from './routes/deletion-routes.ts'
import { type EventRoutes, eventRoutes } from './routes/event-routes.ts'
import { type ExportRoutes, exportRoutes } from './routes/export-routes.ts'
import { type JobRoutes, jobRoutes } from './routes/job-routes.ts'
import { type LibraryRoutes, libraryRoutes } from './routes/library-routes.ts'
import { type LyricsRoutes, lyricsRoutes } from './routes/lyrics-routes.ts'
import { type MixingRoutes, mixingRoutes } from './routes/mixing-routes.ts'
import { type ModelFileRoutes, modelFileRoutes } from './routes/model-file-routes.ts'
import { pageRoutes } from './routes/page-routes.ts'
import { type PlayingRoutes, playingRoutes } from './routes/playing-routes.ts'
import { type PracticeRoutes, practiceRoutes } from './routes/practice-routes.ts'
import { type RenamingRoutes, renamingRoutes } from './routes/renaming-routes.ts'
import { type ResultRoutes, resultRoutes } from './routes/result-routes.ts'
import { type SeparationRoutes, separationRoutes } from './routes/separation-routes.ts'
import { type SetlistRoutes, setlistRoutes } from './routes/setlist-routes.ts'
import { type StatusRoutes, statusRoutes } from './routes/status-routes.ts'
import { type UploadRoutes, uploadRoutes } from './routes/upload-routes.ts'
import { type ZipRoutes, zipRoutes } from './routes/zip-routes.ts'
import type { TypedApp } from './typed-app.ts'

/** The functions that the routes need from the rest of the server. Each file of routes declares its own. */
export type Routes = UploadRoutes &
  LibraryRoutes &
  SeparationRoutes &
  PlayingRoutes &
  MixingRoutes &
  ExportRoutes &
  ZipRoutes &
  RenamingRoutes &
  PracticeRoutes &
  LyricsRoutes &
  DeletionRoutes &
  SetlistRoutes &
  EventRoutes &
  StatusRoutes &
  JobRoutes &
  ClaimRoutes &
  ModelFileRoutes &
  ResultRoutes

/**
 * Adds all routes except the login.
 * @param authenticate whether a request may see more of the server's health than its state
 */
export async function addRoutes(
  app: TypedApp,
  routes: Routes,
  { uploadsAtOnce, authenticate }: { uploadsAtOnce: number; authenticate(request: FastifyRequest): boolean },
): Promise<void> {
  const texts = new SongTexts(routes, routes.events)
  await app.register(uploadRoutes(routes, limitUploads(uploadsAtOnce)))
  libraryRoutes(app, routes, texts)
  separationRoutes(app, routes)
  playingRoutes(app, routes)
  mixingRoutes(app, routes)
  exportRoutes(app, routes)
  zipRoutes(app, routes)
  renamingRoutes(app, routes)
  practiceRoutes(app, routes)
  lyricsRoutes(app, routes)
  deletionRoutes(app, routes)
  setlistRoutes(app, routes)
  eventRoutes(app, routes, texts)
  statusRoutes(app, routes, authenticate)
  jobRoutes(app, routes)
  claimRoutes(app, routes)
  modelFileRoutes(app, routes)
  await resultRoutes(app, routes)
  await app.register(pageRoutes)
}
