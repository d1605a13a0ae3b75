import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'

/** The most that waits in memory for a reader, whatever the array's length. */
const PORTION_CHARACTERS = 16 << 10

/**
 * A JSON array of many items, written as it is read. Other work of the event loop runs in between. Items whose text is undefined are
 * left out.
 */
export function jsonArray<T>(items: Iterable<T>, textOf: (item: T) => string | undefined): Readable {
  async function* portions(): AsyncGenerator<string> {
    let portion = '['
    let separator = ''
    for (const item of items) {
      const text = textOf(item)
      if (text === undefined) continue
      portion += separator + text
      separator = ','
      if (portion.length < PORTION_CHARACTERS) continue
      yield portion
      portion = ''
      await setImmediate()
    }
    yield `${portion}]`
  }
  return Readable.from(portions(), { objectMode: false })
}
