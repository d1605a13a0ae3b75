import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { NO_PRACTICE_SETTINGS } from '../../../src/song/practice-settings.ts'
import { getPractice, putPractice } from '../../../web/src/server/practice-settings.ts'
import { Refusal } from '../../../web/src/server/refusal.ts'
import { type Asked, recordFetch } from '../../support/recorded-fetch.ts'

const SLOWER = { ...NO_PRACTICE_SETTINGS, tempo: 0.8 }

describe("the page's calls about practice settings", () => {
  let asked: Asked[]
  let answer: () => Response

  beforeEach(() => {
    asked = recordFetch(() => answer())
  })

  test('read the settings with their version, also from the weak tag of a proxy that compresses', async () => {
    for (const etag of ['"12"', 'W/"12"']) {
      answer = () => Response.json(SLOWER, { headers: { etag } })
      assert.deepEqual(await getPractice(7), { settings: SLOWER, version: 12 })
    }
    assert.equal(asked[0]?.path, '/music/7/practice')
  })

  test('save a change of the version that they name', async () => {
    answer = () => Response.json(SLOWER, { headers: { etag: '"13"' } })
    assert.deepEqual(await putPractice(7, SLOWER, 12), { kind: 'saved', version: 13 })
    assert.deepEqual(asked, [{ path: '/music/7/practice', method: 'PUT', body: SLOWER, ifMatch: '"12"' }])
  })

  test('tell that somebody else was faster, and throw any other refusal in the words of the server', async () => {
    answer = () => Response.json({ error: 'too late', code: 'changed-elsewhere' }, { status: 409 })
    assert.deepEqual(await putPractice(7, SLOWER, 12), { kind: 'changed-elsewhere' })
    answer = () => Response.json({ error: 'It has no stem “kazoo”.', code: 'bad-request' }, { status: 400 })
    const isInItsWords = (error: unknown) => error instanceof Refusal && error.message === 'It has no stem “kazoo”.'
    await assert.rejects(putPractice(7, SLOWER, 12), isInItsWords)
    await assert.rejects(getPractice(7), isInItsWords)
  })
})
