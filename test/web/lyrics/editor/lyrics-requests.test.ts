import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { alignAgain, loadNewest, saveLyrics } from '../../../../web/src/lyrics/editor/lyrics-requests.ts'
import { Refusal } from '../../../../web/src/server/refusal.ts'
import { type Asked, recordFetch } from '../../../support/recorded-fetch.ts'
import { lyricsOf } from './some-lyrics.ts'

const LYRICS = lyricsOf([[['one', 0, 100]]])

describe("the editor's calls about lyrics", () => {
  let asked: Asked[]
  let answer: () => Response

  beforeEach(() => {
    asked = recordFetch(() => answer())
  })

  test('read the lyrics in use with their revision, also from the weak tag of a proxy that compresses', async () => {
    for (const etag of ['"4"', 'W/"4"']) {
      answer = () => Response.json({ lyrics: LYRICS, version: 2 }, { headers: { etag } })
      assert.deepEqual(await loadNewest(7), { lyrics: LYRICS, revision: 4 })
    }
    assert.equal(asked[0]?.path, '/music/7/lyrics')
  })

  test('save an edit of the revision that they name', async () => {
    answer = () => Response.json({}, { headers: { etag: '"5"' } })
    assert.deepEqual(await saveLyrics(7, LYRICS, 4), { kind: 'saved', revision: 5 })
    assert.deepEqual(asked, [{ path: '/music/7/lyrics', method: 'PUT', body: { lyrics: LYRICS }, ifMatch: '"4"' }])
  })

  test('tell that somebody else was faster, and throw any other refusal in the words of the server', async () => {
    answer = () => Response.json({ error: 'too late', code: 'changed-elsewhere' }, { status: 409 })
    assert.deepEqual(await saveLyrics(7, LYRICS, 4), { kind: 'changed-elsewhere' })
    answer = () => Response.json({ error: 'The text is too long.', code: 'too-large' }, { status: 413 })
    await assert.rejects(saveLyrics(7, LYRICS, 4), new Refusal('The text is too long.', { code: 'too-large' }))
  })

  test('ask for an alignment in the language of the words', async () => {
    answer = () => Response.json({}, { status: 202 })
    await alignAgain(7, 'en')
    assert.deepEqual(asked[0]?.body, { kind: 'align', language: 'en' })
    assert.deepEqual([asked[0]?.path, asked[0]?.method], ['/music/7/lyrics/work', 'POST'])
  })
})
