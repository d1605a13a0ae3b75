import type { ServerResponse } from 'node:http'
import type { RouteOptions } from 'fastify'

/*
 * BASE_PATH is /karaoke if a reverse proxy serves this server at https://songs.example/karaoke/. Links, cookies and redirects
 * begin with it. It is removed from the path of a request before the routes see the path. So a proxy may send the path with it or
 * without it, and workers and monitoring may call the server directly.
 */

/** A path without the base, as the routes know it. A path outside of the base is returned unchanged. */
export function withoutBase(url = '/', basePath: string): string {
  return basePath !== '' && url.startsWith(`${basePath}/`) ? url.slice(basePath.length) : url
}

/** Whether a path is the base without its final slash. The page's relative links would be wrong there. */
export function isBare(url = '/', basePath: string): boolean {
  return basePath !== '' && url.split('?')[0] === basePath
}

/** Redirects from the base without its final slash to the page. */
export function redirectBelow(
  response: ServerResponse,
  { url = '', basePath }: { url?: string; basePath: string },
): void {
  response.writeHead(308, { location: `${basePath}/${url.slice(basePath.length)}` }).end()
}

/** The first part of every path of the server, including paths that exist only with some settings. */
const OWN_PATHS: ReadonlySet<string> = new Set(
  [
    'assets docs events file healthz job login logout metrics models music openapi.json reset setlists workers',
    'icon-192.png icon-512.png icon-maskable.png icon-playing.svg icon.svg index.html login.css manifest.webmanifest shell.js',
  ]
    .join(' ')
    .split(' '),
)

/** Whether the base begins like a path of the server. Then '/music/1' would be ambiguous. */
export function isOwnPath(basePath: string): boolean {
  return OWN_PATHS.has(firstOf(basePath))
}

/** A hook for every route that is added. Throws when `OWN_PATHS` lacks it. */
export function checkOwnPath({ url }: RouteOptions): void {
  const first = firstOf(url)
  if (first !== '' && first !== '*' && !OWN_PATHS.has(first)) throw new Error(`OWN_PATHS lacks /${first}.`)
}

function firstOf(path: string): string {
  return path.split('/')[1] ?? ''
}
