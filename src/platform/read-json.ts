/** Parses untrusted JSON. Returns undefined if it is invalid. The caller then validates the value's shape. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
