import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'

/** About this much of the array is in memory, whatever its length. */
const PORTION_CHARACTERS = 16 << 10

/**
 * A JSON array of many items as a stream. Each portion is made when it is read, and other work runs in between. Items whose text is
 * undefined are left out.
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
