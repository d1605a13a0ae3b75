/** The page is in it, scripts of workers are one folder below. A proxy may show it at any path. */
const ROOT = typeof document === 'undefined' ? new URL('..', location.href).href : document.baseURI

/** Where the server answers a path, which begins without a slash. */
export function serverUrl(path: string): string {
  return new URL(path, ROOT).href
}
