import type { ServerResponse } from 'node:http'
import type { RouteOptions } from 'fastify'

/*
 * BASE_PATH: a reverse proxy shows the server at https://songs.example/karaoke/. Links, cookies and redirects begin with it.
 * Of a request it is taken away before anything else looks at the path. So a proxy may pass paths on whole or without it, and
 * workers and monitoring may ask the server directly.
 */

/** A path below the base, as the routes know it; another one as it is. */
export function withoutBase(url = '/', basePath: string): string {
  return basePath !== '' && url.startsWith(`${basePath}/`) ? url.slice(basePath.length) : url
}

/** The base without its slash: the links of the page, which are relative, would lead beside it. */
export function isBare(url = '/', basePath: string): boolean {
  return basePath !== '' && url.split('?')[0] === basePath
}

export function redirectBelow(
  response: ServerResponse,
  { url = '', basePath }: { url?: string; basePath: string },
): void {
  response.writeHead(308, { location: `${basePath}/${url.slice(basePath.length)}` }).end()
}

/** The first part of every path that the server has, also of those that it has with some settings only. */
const OWN_PATHS: ReadonlySet<string> = new Set(
  [
    'assets docs events file healthz job login logout metrics models music openapi.json reset workers',
    'icon-192.png icon-512.png icon-maskable.png icon.svg index.html login.css manifest.webmanifest shell.js',
  ]
    .join(' ')
    .split(' '),
)

/** Whether a path of the server begins as the base does: '/music/1' could be meant with the base or without it. */
export function isOwnPath(basePath: string): boolean {
  return OWN_PATHS.has(firstOf(basePath))
}

/** To be told of each route. Throws where `OWN_PATHS` does not know it. */
export function checkOwnPath({ url }: RouteOptions): void {
  const first = firstOf(url)
  if (first !== '' && first !== '*' && !OWN_PATHS.has(first)) throw new Error(`OWN_PATHS lacks /${first}.`)
}

function firstOf(path: string): string {
  return path.split('/')[1] ?? ''
}
