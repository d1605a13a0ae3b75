/** What a text says as JSON; undefined when it is none. For messages of strangers, whose shape is checked next. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
