/** "http://host" of the request, for links by the same way. */
export function baseUrl(request: { protocol: string; host: string }): string {
  return `${request.protocol}://${request.host}`
}
