/** "http://host" as the caller reached us, so that the links in an answer lead back the same way. */
export function baseUrl(request: { protocol: string; host: string }): string {
  return `${request.protocol}://${request.host}`
}
