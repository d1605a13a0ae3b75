import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, test } from 'node:test'
import { readLyricsResult } from '../../src/dispatch/read-lyrics-result.ts'
import type { UserError } from '../../src/song/errors.ts'
import type { LyricsTask } from '../../src/song/lyrics-task.ts'
import { MAX_LYRICS_RESULT_BYTES } from '../../src/song/messages.ts'

const WORD = { text: 'la ', startMs: 100, endMs: 200, probability: 0.5 }
const ALIGN: LyricsTask = { kind: 'align', language: 'en', words: ['la ', 'la'] }

describe('The result of a job for lyrics', () => {
  const read = (
    sent: unknown,
    {
      task = { kind: 'transcribe', language: null },
      announcedBytes = Number.NaN,
    }: { task?: LyricsTask; announcedBytes?: number } = {},
  ) => {
    const text = typeof sent === 'string' ? sent : JSON.stringify(sent)
    return readLyricsResult({ body: Readable.from([Buffer.from(text)]), announcedBytes, task })
  }
  const result = (...words: unknown[]) => ({ language: 'en', words })
  const refusal = (promise: Promise<unknown>) =>
    promise.then(
      () => assert.fail('it was accepted'),
      (error: UserError) => [error.code, error.message],
    )

  test('is read with the hash of its bytes, and without what nobody asked for', async () => {
    const first = await read({ ...result(WORD), more: 1 })
    assert.deepEqual(first.result, { language: 'en', words: [WORD] })
    assert.match(first.sha256, /^[0-9a-f]{64}$/)
    assert.notEqual((await read(result())).sha256, first.sha256)
  })

  test('is refused beyond 256 KiB, whether its length is announced or not', async () => {
    const long = `${JSON.stringify(result())}${' '.repeat(MAX_LYRICS_RESULT_BYTES)}`
    assert.equal((await refusal(read(long)))[0], 'result-too-long')
    assert.equal((await refusal(read('{}', { announcedBytes: MAX_LYRICS_RESULT_BYTES + 1 })))[0], 'result-too-long')
  })

  test('is refused if it is not the JSON of words within the sound of a task', async () => {
    for (const wrong of [
      'no JSON',
      'null',
      result({ ...WORD, startMs: -1 }),
      result({ ...WORD, endMs: 29_001 }),
      result({ ...WORD, startMs: 0.5 }),
      result({ ...WORD, probability: 2 }),
      result({ ...WORD, text: 'x'.repeat(201) }),
      result(...Array.from({ length: 401 }, () => WORD)),
      { language: '<b>', words: [] },
    ]) {
      assert.equal((await refusal(read(wrong)))[0], 'not-a-result', JSON.stringify(wrong).slice(0, 80))
    }
  })

  test('is refused if a word ends before it begins, or comes before the word in front of it', async () => {
    assert.match(String(await refusal(read(result({ ...WORD, endMs: 99 })))), /ends before it begins/)
    assert.match(String(await refusal(read(result(WORD, { ...WORD, startMs: 99 })))), /not in order/)
    await read(result(WORD, WORD))
  })

  test('is refused if an alignment has more or fewer words than were given', async () => {
    assert.match(String(await refusal(read(result(WORD), { task: ALIGN }))), /1 words, not 2/)
    await read(result(WORD, WORD), { task: ALIGN })
  })
})
