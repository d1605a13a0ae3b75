import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Progress } from '../../../src/listen/schemas.ts'
import { listenToEvents } from '../../support/listen-to-events.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type System, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

/** A song of 17 jobs, of which its listener needs eleven at once, and songs of four jobs behind it. */
const LENGTHS = [60, 14, 14, 14]
/** An estimate is in whole seconds. */
const TOLERATED_SECONDS = 1

describe('A song that waits for its turn', () => {
  let system: System
  let api: ReturnType<typeof client>
  const listening = new AbortController()

  before(async () => {
    system = await startSystem({ WORKERS_HEALTHY: '1' })
    api = client(system.url)
    await until('the worker is there', async () => (await api.workers()).length === 1)
  })
  after(async () => {
    listening.abort()
    await system.remove()
  })

  test('is told to begin in about as many seconds as it then waits, behind a song with a listener, two others and one worker', async () => {
    const before = await api.upload(wavOf(makeSong(14)))
    await api.keep(before.music_id, ['vocals'])
    await api.ready(before.music_id)
    const heard = listenToEvents(system.url, listening.signal)
    const ids: number[] = []
    for (const seconds of LENGTHS) ids.push((await api.upload(wavOf(makeSong(seconds)))).music_id)
    const body = JSON.stringify({ seconds: 0, listener: 'listener' })
    const headers = { 'content-type': 'application/json' }
    await fetch(`${system.url}/music/${ids[0]}/playhead`, { method: 'POST', headers, body })
    for (const id of ids) {
      await api.keep(id, ['vocals'])
      await until('its jobs are known', async () => (await api.progress(id)).chunks.final, { everyMs: 5 })
    }
    const askedAt = performance.now()
    const last = ids.at(-1) ?? 0
    const { begins_in, state } = await api.progress(last)
    assert.equal(state, 'separating')
    assert.ok(begins_in !== null && begins_in > 0, 'it has an estimate')
    await until(
      'it has begun',
      async () => {
        const { chunks } = await api.progress(last)
        return chunks.running + chunks.done > 0
      },
      { everyMs: 50 },
    )
    const waited = (performance.now() - askedAt) / 1000
    assert.ok(begins_in < 2 * waited + TOLERATED_SECONDS, `${begins_in} s were told, and it waited ${waited} s`)
    assert.ok(begins_in > waited / 2 - TOLERATED_SECONDS, `${begins_in} s were told, and it waited ${waited} s`)
    assert.equal((await api.progress(last)).begins_in, null)
    const told = () =>
      heard.flatMap(({ type, data }) => (type === 'progress' && data.music_id === last ? [data as Progress] : []))
    await until('pages hear that it has begun', () => told().at(-1)?.begins_in === null)
    assert.ok(
      told().some((progress) => progress.begins_in !== null),
      'pages heard that it waits',
    )
  })
})
