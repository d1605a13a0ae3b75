import type { FastifyRequest } from 'fastify'
import { type ClaimRoutes, claimRoutes } from './claim-routes.ts'
import { type DeletionRoutes, deletionRoutes } from './deletion-routes.ts'
import { type EventRoutes, eventRoutes } from './event-routes.ts'
import { type ExportRoutes, exportRoutes } from './export-routes.ts'
import { type JobRoutes, jobRoutes } from './job-routes.ts'
import { type LibraryRoutes, libraryRoutes } from './library-routes.ts'
import { limitUploads } from './limits.ts'
import { type MixingRoutes, mixingRoutes } from './mixing-routes.ts'
import { type ModelFileRoutes, modelFileRoutes } from './model-file-routes.ts'
import { pageRoutes } from './page-routes.ts'
import { type PlayingRoutes, playingRoutes } from './playing-routes.ts'
import { type RenamingRoutes, renamingRoutes } from './renaming-routes.ts'
import { type ResultRoutes, resultRoutes } from './result-routes.ts'
import { type SeparationRoutes, separationRoutes } from './separation-routes.ts'
import { SongTexts } from './song-texts.ts'
import { type StatusRoutes, statusRoutes } from './status-routes.ts'
import type { TypedApp } from './typed-app.ts'
import { type UploadRoutes, uploadRoutes } from './upload-routes.ts'

/** What the routes need. Each file of routes names its part. */
export type Routes = UploadRoutes &
  LibraryRoutes &
  SeparationRoutes &
  PlayingRoutes &
  MixingRoutes &
  ExportRoutes &
  RenamingRoutes &
  DeletionRoutes &
  EventRoutes &
  StatusRoutes &
  JobRoutes &
  ClaimRoutes &
  ModelFileRoutes &
  ResultRoutes

/** @param authenticate whether a request may see more than that all is well */
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
  renamingRoutes(app, routes)
  deletionRoutes(app, routes)
  eventRoutes(app, routes, texts)
  statusRoutes(app, routes, authenticate)
  jobRoutes(app, routes)
  claimRoutes(app, routes)
  modelFileRoutes(app, routes)
  await resultRoutes(app, routes)
  await app.register(pageRoutes)
}
