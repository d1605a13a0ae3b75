import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { complaintsOf, openBrowser } from './browser.ts'
import { type System, startSystem } from './system.ts'

export interface Stage {
  readonly system: System
  /** A page with a profile of its own and the width of a desktop screen. It has not opened the server's address yet. */
  newPage(options?: BrowserContextOptions): Promise<{ page: Page; complaints: string[] }>
  /** Writes a file with these bytes for a file picker. Returns its path. */
  file(name: string, bytes: string | Uint8Array): Promise<string>
  /** Ends server and browser and removes their files. */
  clear(): Promise<void>
}

/** Starts a server with healthy workers and a real Chromium. Ends the server when the browser does not start. */
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
