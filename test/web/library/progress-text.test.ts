import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Progress } from '../../../src/listen/schemas.ts'
import { progressText } from '../../../web/src/library/progress-text.ts'

const CHUNKS = { total: 4, final: true, done: 1, running: 1, redelivered: 0 }
const PROGRESS: Progress = {
  progress: 25,
  instruments: [],
  music_id: 1,
  state: 'separating',
  error: null,
  waits_for: null,
  begins_in: null,
  tracks: [],
  chunks: CHUNKS,
  seconds: 3,
}

describe("the text of a song's progress", () => {
  test('names the state, or the upload while it lasts', () => {
    assert.equal(progressText(PROGRESS, { arrival: null }), '25 % · is being separated')
    assert.equal(progressText(PROGRESS, { arrival: '1-2-3-4' }), '25 % · is being uploaded')
  })

  test('says of a song that waits when it begins, as a person would', () => {
    const textAfter = (begins_in: number) => progressText({ ...PROGRESS, progress: 0, begins_in }, { arrival: null })
    assert.equal(textAfter(40), 'waits · begins in about 40 s')
    assert.equal(textAfter(120), 'waits · begins in about 2 min')
    assert.equal(textAfter(5_400), 'waits · begins in about 1.5 h')
  })

  test('does not call redelivered segments lost: a worker may have given one back', () => {
    const progress = { ...PROGRESS, chunks: { ...CHUNKS, redelivered: 2 } }
    assert.equal(progressText(progress, { arrival: null }), '25 % · is being separated · 2 begun again')
  })
})
