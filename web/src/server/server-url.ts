/** The address at which the server answers `path`, which begins without a slash. A proxy may serve the page at any path. */
export function serverUrl(path: string): string {
  return new URL(path, rootUrl()).href
}

/** The page lies in the root; a script of a worker has no document, and lies one folder below. */
function rootUrl(): string {
  return typeof document === 'undefined' ? new URL('..', location.href).href : document.baseURI
}
