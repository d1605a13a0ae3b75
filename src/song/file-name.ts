/** What every file system of use takes, in bytes of UTF-8 (NAME_MAX of Linux). */
const LONGEST_BYTES = 255
/** Names of devices on Windows, whatever follows a dot (Microsoft, "Naming Files, Paths, and Namespaces"). */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?=\.|$)/i

/**
 * A text of others as the name of one file or folder: it has no path, is never empty, '.' or '..', and has at most 255 bytes
 * with its suffix. It is cut between two characters.
 */
export function fileNameOf(text: string, suffix = ''): string {
  const characters = [...text.replace(/[/\\\p{Cc}]/gu, '_').replace(DEVICE, '$&_')]
  const most = LONGEST_BYTES - Buffer.byteLength(suffix)
  let bytes = 0
  const end = characters.findIndex((character) => {
    bytes += Buffer.byteLength(character)
    return bytes > most
  })
  const name = (end < 0 ? characters : characters.slice(0, end)).join('') + suffix
  return /^\.{0,2}$/.test(name) ? `_${name}` : name
}
