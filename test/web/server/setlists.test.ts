import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { Refusal } from '../../../web/src/server/refusal.ts'
import {
  appendToSetlist,
  createSetlist,
  listSetlists,
  removeSetlist,
  restoreSetlist,
  saveSetlist,
} from '../../../web/src/server/setlists.ts'
import { type Asked, recordFetch } from '../../support/recorded-fetch.ts'

const GIG = { setlist_id: 3, name: 'Gig', songs: [1, 2], version: 4 }

describe("the page's calls about setlists", () => {
  let asked: Asked[]
  let answer: () => Response

  beforeEach(() => {
    answer = () => Response.json(GIG)
    asked = recordFetch(() => answer())
  })

  test('add, append, delete and restore as the API wants it', async () => {
    assert.deepEqual(await createSetlist('Gig'), GIG)
    assert.deepEqual(await appendToSetlist(3, 7), GIG)
    await removeSetlist(3)
    assert.deepEqual(await restoreSetlist(3), GIG)
    answer = () => Response.json([GIG])
    assert.deepEqual(await listSetlists(), [GIG])
    assert.deepEqual(
      asked.map(({ method, path, body }) => [method, path, body]),
      [
        ['POST', '/setlists', { name: 'Gig', songs: [] }],
        ['POST', '/setlists/3/songs', { music_id: 7 }],
        ['DELETE', '/setlists/3', null],
        ['POST', '/setlists/3/restore', null],
        ['GET', '/setlists', null],
      ],
    )
  })

  test('save the version that was changed, and tell when it was changed elsewhere', async () => {
    assert.deepEqual(await saveSetlist(GIG), { kind: 'saved', setlist: GIG })
    assert.deepEqual(asked[0], {
      method: 'PUT',
      path: '/setlists/3',
      body: { name: 'Gig', songs: [1, 2] },
      ifMatch: '"4"',
    })
    answer = () => Response.json({ error: 'Changed.', code: 'changed-elsewhere' }, { status: 409 })
    assert.deepEqual(await saveSetlist(GIG), { kind: 'changed-elsewhere' })
  })

  test("refuse with the server's words, or with words of their own for a proxy's answer", async () => {
    answer = () => Response.json({ error: 'There is no song 9.', code: 'unknown-song-in-setlist' }, { status: 422 })
    await assert.rejects(saveSetlist(GIG), new Refusal('There is no song 9.', { code: 'unknown-song-in-setlist' }))
    answer = () => new Response('<html>', { status: 502 })
    await assert.rejects(saveSetlist(GIG), /The server behind the proxy does not answer/)
  })
})
