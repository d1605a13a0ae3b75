import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { freePort } from '../../support/ports.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type System, startProcess, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

describe('What an operator sees of a server', () => {
  let system: System
  before(async () => {
    system = await startSystem({ WORKERS_HEALTHY: '1' })
  })
  after(() => system.remove())

  async function metrics(): Promise<Map<string, number>> {
    const answer = await fetch(`${system.url}/metrics`)
    assert.match(answer.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
    const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
  }

  test('/metrics counts songs, jobs, bytes and requests', async () => {
    const api = client(system.url)
    await until('the worker is there', async () => (await api.workers()).length === 1)
    const before = await metrics()
    assert.equal(before.get('minus_one_workers{state="idle"}'), 1)
    assert.equal(before.get('minus_one_broker_connected'), 1)
    const song = wavOf(makeSong(14))
    const { music_id } = await api.upload(song)
    await api.keep(music_id, ['vocals'])
    await api.ready(music_id)
    const counted = await metrics()
    assert.equal(counted.get('minus_one_job_seconds_count'), 4)
    assert.equal(counted.get('minus_one_results_total{outcome="accepted"}'), 4)
    assert.equal(counted.get('minus_one_claims_total{kind="first"}'), 4)
    assert.equal(counted.get('minus_one_bytes_total{what="upload"}'), song.length)
    assert.equal(counted.get('minus_one_songs{state="separated"}'), 1)
    assert.equal(counted.get('minus_one_jobs{state="waiting"}'), 0)
    assert.ok((counted.get('minus_one_free_bytes') ?? 0) > 0)
    assert.equal(
      counted.get('minus_one_http_request_seconds_count{route="/job/:job_id/result",method="PUT",status="200"}'),
      4,
    )
  })

  test('/metrics counts the redelivery of a job whose worker died', async () => {
    const api = client(system.url)
    const { music_id } = await api.upload(wavOf(makeSong(40)))
    await api.keep(music_id, ['vocals'])
    await until('a job is claimed', async () => (await api.progress(music_id)).chunks.running > 0)
    for (const { pid } of await api.workers()) process.kill(pid, 'SIGKILL')
    await api.ready(music_id)
    assert.equal((await metrics()).get('minus_one_claims_total{kind="redelivered"}'), 1)
  })

  async function doctor(url: string): Promise<{ code: number | null; said: string }> {
    const process_ = startProcess(['doctor', '--server', url])
    const code = await new Promise<number | null>((resolve) => process_.child.once('exit', resolve))
    return { code, said: process_.log() }
  }

  test("'doctor --server' tells a healthy server from one that is broken and from none", async () => {
    const well = await doctor(system.url)
    assert.deepEqual([well.code, /ok +\d workers, 2 songs/.test(well.said)], [0, true], well.said)
    const none = await doctor(`localhost:${await freePort()}`)
    assert.equal(none.code, 1)
    assert.match(none.said, /MISSING not reached: nobody listens there/)
  })

  test('Songs older than RETENTION_DAYS are deleted and can be restored for a while', async () => {
    const settings = { WORKERS_HEALTHY: '0', DATA_DIR: system.folder, RETENTION_DAYS: String(1 / 86_400) }
    await system.stop()
    const strict = await startSystem(settings)
    try {
      const api = client(strict.url)
      await until('they are gone', async () => (await api.json<object[]>('/music')).length === 0)
      assert.match(strict.log(), /Music\[1\] - is older than .* days/)
      assert.equal((await fetch(`${strict.url}/music/1/restore`, { method: 'POST' })).status, 200)
    } finally {
      await strict.remove()
    }
  })
})
