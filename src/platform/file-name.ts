/** NAME_MAX of Linux, in bytes of UTF-8. Other file systems in use allow at least as much. */
const MAX_NAME_BYTES = 255
/** Device names of Windows, with any extension (Microsoft, "Naming Files, Paths, and Namespaces"). */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)/i

/**
 * Makes a safe file name of an untrusted text. It contains no path, is never empty, '.' or '..', and has at most 255 bytes
 * with its suffix. A long text is cut between two characters.
 */
export function fileNameOf(text: string, suffix = ''): string {
  const characters = [...text.replace(/[/\\\p{Cc}]/gu, '_').replace(DEVICE, '$&_')]
  const max = MAX_NAME_BYTES - Buffer.byteLength(suffix)
  let bytes = 0
  const end = characters.findIndex((character) => {
    bytes += Buffer.byteLength(character)
    return bytes > max
  })
  const name = (end < 0 ? characters : characters.slice(0, end)).join('') + suffix
  return /^\.{0,2}$/.test(name) ? `_${name}` : name
}
