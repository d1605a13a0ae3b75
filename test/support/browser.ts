import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

const CHROMIUM = '/usr/bin/chromium'

/**
 * Starts Debian's Chromium without a window. It sends no requests of its own.
 * @param nameOfLoopback a host name that resolves to 127.0.0.1, but that the browser does not treat as loopback
 */
export async function openBrowser({ nameOfLoopback }: { nameOfLoopback?: string } = {}): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error("Chromium is not installed: run 'apt-get install chromium'.")
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...(nameOfLoopback ? [`--host-resolver-rules=MAP ${nameOfLoopback} 127.0.0.1`] : []),
      '--autoplay-policy=no-user-gesture-required',
    ],
  })
}

/** Collects the errors of a page: what its console shows, and exceptions that nothing caught. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return complaints
}

/**
 * What Chromium logs while the server cannot be reached, also when it looks for a newer service worker. Which of its
 * errors a request gets depends on how far it was when the server died: before the handshake, before the answer, or in it.
 */
export const SERVER_AWAY =
  /ERR_CONNECTION_(REFUSED|RESET|CLOSED|ABORTED)|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONTENT_LENGTH_MISMATCH|ERR_SOCKET_NOT_CONNECTED|50[234]|occurred when fetching the script/

/** Removes the errors that a test causes on purpose: Chromium logs every refused request on the console. */
export function forgive(complaints: string[], expected: RegExp): void {
  complaints.splice(0, complaints.length, ...complaints.filter((text) => !expected.test(text)))
}
