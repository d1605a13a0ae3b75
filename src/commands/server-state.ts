import type { Dispatch } from '../dispatch/dispatch.ts'
import type { EventStream } from '../listen/events.ts'
import type { Log } from '../log.ts'
import type { Model } from '../separate/catalogue.ts'
import { UserError } from '../song/errors.ts'
import type { Database } from '../store/database.ts'
import type { Folders } from '../store/paths.ts'

/** What every part of the server stands on. */
export type ServerState = {
  db: Database
  folders: Folders
  log: Log
  events: EventStream
  models: ReadonlyMap<string, Model>
  defaultModel: string
  limits: { maxUploadBytes: number; maxSongSeconds: number; maxAttempts: number }
  /** Goes up with every reset; older work is to be dropped. */
  run(): number
  dispatch(): Dispatch
}

export function modelOf(state: Pick<ServerState, 'models'>, name: string): Model {
  const model = state.models.get(name)
  if (model) return model
  throw new UserError(`There is no model '${name}'. Known models: ${[...state.models.keys()].join(', ')}.`, {
    code: 'model-not-found',
    status: 400,
  })
}
