import { messageOf } from '../song/errors.ts'
import type { ServerResources } from './resources.ts'

const LOOK_EVERY_MS = 5_000

/**
 * Watches for models that are installed or removed while the server runs.
 * @param onChange called after a change
 * @returns a function that ends the watch
 */
export function watchModels({ installedModels, faults, log }: ServerResources, onChange: () => void): () => void {
  const look = async (): Promise<void> => {
    const hasChanged = await installedModels.refresh().catch((error: unknown) => {
      if (!faults.classify(error)) log.warn(`Server: the installed models could not be looked at: ${messageOf(error)}`)
      return false
    })
    if (!hasChanged) return
    log.info(`Server: models now are ${installedModels.all.map(({ name }) => name).join(', ')}.`)
    onChange()
  }
  const timer = setInterval(() => void look(), LOOK_EVERY_MS)
  return () => clearInterval(timer)
}
