import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { complaintsOf, openBrowser } from './browser.ts'
import { type System, startSystem } from './system.ts'

export interface Stage {
  readonly system: System
  /** A page of a person of its own, as wide as a desk's screen, which is not at our address yet. */
  newPage(options?: BrowserContextOptions): Promise<{ page: Page; complaints: string[] }>
  /** The path of a file with these bytes, for a file picker. */
  file(name: string, bytes: string | Uint8Array): Promise<string>
  /** Ends everything and leaves nothing behind. */
  clear(): Promise<void>
}

/** A server with healthy workers and a real Chromium before it. If the browser does not start, the server does not stay. */
export async function setStage(workers: number): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'minus-one-stage-'))
  const system = await startSystem({ WORKERS_HEALTHY: String(workers) })
  const browser = await openBrowser().catch(async (error) => {
    await system.remove()
    throw error
  })
  return {
    system,
    async newPage(options = {}) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
      const page = await context.newPage()
      return { page, complaints: complaintsOf(page) }
    },
    async file(name, bytes) {
      const path = join(folder, name)
      await writeFile(path, bytes)
      return path
    },
    async clear() {
      await browser.close()
      await system.remove()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
