import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { songState } from '../../../web/src/library/song-state.ts'

type Known = NonNullable<Parameters<typeof songState>[0]>

describe('What the list says of a song', () => {
  const stateOf = (known: Known | null, arrival: string | null = null) => songState(known, { arrival })

  test('A separated song, one that nobody asked for, and one that is not known yet say nothing', () => {
    for (const known of [{ state: 'ready', progress: 100 }, { state: 'added', progress: 0 }, null] as const) {
      assert.deepEqual(stateOf(known), { kind: 'quiet' })
    }
  })

  test('A song under way says how far it is', () => {
    assert.deepEqual(stateOf({ state: 'separating', progress: 37 }), { kind: 'under-way', words: '37 %', percent: 37 })
    assert.deepEqual(stateOf({ state: 'mixing', progress: 99 }), { kind: 'under-way', words: '99 %', percent: 99 })
  })

  test('A song that waits says when it begins, if the server knows', () => {
    const words = (begins_in?: number | null) => {
      const state = stateOf({ state: 'separating', progress: 0, ...(begins_in === undefined ? {} : { begins_in }) })
      return state.kind === 'waits' ? state.words : state.kind
    }
    assert.equal(words(), 'waits')
    assert.equal(words(null), 'waits')
    assert.equal(words(0), 'waits · begins now')
    assert.equal(words(41), 'waits · begins in about 40 s')
    assert.equal(words(56.9), 'waits · begins in about 55 s')
    assert.equal(words(58), 'waits · begins in about 1 min')
    assert.equal(words(150), 'waits · begins in about 3 min')
  })

  test('A song without a machine, one that is being uploaded and one that failed say so', () => {
    assert.deepEqual(stateOf({ state: 'waiting-for-workers', progress: 0 }), {
      kind: 'waits',
      words: 'waits for a machine',
    })
    assert.deepEqual(stateOf({ state: 'added', progress: 0 }, 'abc'), { kind: 'waits', words: 'uploading' })
    assert.deepEqual(stateOf({ state: 'failed', progress: 12 }), { kind: 'failed', words: 'failed' })
  })
})
