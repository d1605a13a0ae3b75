import type { ServerResponse } from 'node:http'
import type { RouteOptions } from 'fastify'

/*
 * BASE_PATH: a reverse proxy shows the server at https://songs.example/karaoke/. Links, cookies and redirects begin with this path.
 * It is removed from a request before anything else looks at the path. So a proxy may pass paths on with it or without it, and
 * workers and monitoring may ask the server directly.
 */

/** A path without the base, as the routes know it. A path that is not below the base stays as it is. */
export function withoutBase(url = '/', basePath: string): string {
  return basePath !== '' && url.startsWith(`${basePath}/`) ? url.slice(basePath.length) : url
}

/** Whether a path is the base without its slash. There the relative links of the page would lead to another folder. */
export function isBare(url = '/', basePath: string): boolean {
  return basePath !== '' && url.split('?')[0] === basePath
}

export function redirectBelow(
  response: ServerResponse,
  { url = '', basePath }: { url?: string; basePath: string },
): void {
  response.writeHead(308, { location: `${basePath}/${url.slice(basePath.length)}` }).end()
}

/** The first part of every path of the server, including those that it has only with some settings. */
const OWN_PATHS: ReadonlySet<string> = new Set(
  [
    'assets docs events file healthz job login logout metrics models music openapi.json reset workers',
    'icon-192.png icon-512.png icon-maskable.png icon.svg index.html login.css manifest.webmanifest shell.js',
  ]
    .join(' ')
    .split(' '),
)

/** Whether a path of the server begins as the base does. Then '/music/1' could be meant with the base or without it. */
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
