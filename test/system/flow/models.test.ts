import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ModelAnswer, Progress } from '../../../src/listen/schemas.ts'
import { gainGraph, slowGraph, writeModel } from '../../support/onnx.ts'
import { type Rabbitmq, startRabbitmq } from '../../support/rabbitmq.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type Process, type System, startProcess, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

describe('Models are installed while server and workers run', () => {
  let folder: string
  let rabbitmq: Rabbitmq
  let system: System
  let work: Process
  let api: ReturnType<typeof client>
  const song = makeSong(6.5)

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-models-'))
    rabbitmq = await startRabbitmq()
    const broker = { BROKER_HOST: '127.0.0.1', BROKER_PORT: String(rabbitmq.port) }
    system = await startSystem({ ...broker, MODELS_DIR: join(folder, 'server') })
    // As on another machine: the worker does not see files of the server.
    const own = { MODELS_DIR: join(folder, 'worker'), CACHE_DIR: join(folder, 'cache'), WORKER_MEMORY_MB: '1500' }
    work = startProcess(['work'], { ...broker, ...own, WORKERS_HEALTHY: '1' })
    api = client(system.url)
    await until('the worker is there', async () => (await api.workers()).length === 1, { timeoutMs: 60_000 })
  })
  after(async () => {
    await work?.stop()
    await system?.remove()
    await rabbitmq?.remove()
    await rm(folder, { recursive: true, force: true })
  })

  const models = () => api.json<ModelAnswer[]>('/models')
  const add = async (model: string): Promise<number> => {
    const music = await api.upload(wavOf(song), `${model}.wav`, { model })
    await api.keep(music.music_id, ['instrumental'])
    return music.music_id
  }

  test('The list of models tells what is installed, what can be installed and how large it is', async () => {
    const found = await models()
    const four = found.find(({ name }) => name === 'four-stems')
    assert.deepEqual(four?.stems, ['vocals', 'drums', 'bass', 'other'])
    assert.equal(four?.default, true)
    assert.equal(four?.workers, 1)
    assert.ok((four?.seconds_per_second ?? 0) > 0 && (four?.sdr.measured['drums'] ?? 0) > 6)
    assert.equal(found.find(({ name }) => name === 'htdemucs')?.installed, false)
  })

  test('A worker fetches a new model with its first job and keeps it', async () => {
    await writeModel(join(folder, 'server'))
    await until('the worker listens for its jobs', async () =>
      (await models()).some(({ name, workers }) => name === 'tiny' && workers === 1),
    )
    const id = await add('tiny')
    const { instruments } = await api.ready(id)
    const stems = await Promise.all(instruments.map(({ track }) => api.sound(track)))
    for (let i = 0; i < song.length; i++) {
      assert.equal(
        stems.reduce((sum, stem) => sum + stem.readInt16LE(2 * i), 0),
        song[i],
      )
    }
    const vocals = stems[instruments.findIndex(({ name }) => name === 'vocals')]
    assert.ok(Math.abs((vocals?.readInt16LE(40_000) ?? 0) - 0.125 * (song[20_000] ?? 0)) <= 8)
  })

  test('A song whose model no worker has the memory for says so', async () => {
    await writeModel(join(folder, 'server'), { name: 'huge', memoryMb: 64_000 })
    await until('the server knows it', async () => (await models()).some(({ name }) => name === 'huge'))
    const id = await add('huge')
    const progress = await until('it says why it waits', async () => {
      const now = await api.json<Progress>(`/music/${id}`)
      return now.state === 'waiting-for-workers' && now
    })
    assert.match(progress.waits_for ?? '', /memory for huge: it takes 64000 MB, the largest has 1500 MB/)
  })

  test('A worker refuses a broken model and goes on with the others', async () => {
    await writeModel(join(folder, 'server'), { name: 'broken', graph: gainGraph([1, 1, 1], 44_100).fill(3, 20) })
    await until('the worker listens for its jobs', async () =>
      (await models()).some(({ name, workers }) => name === 'broken' && workers === 1),
    )
    const id = await add('broken')
    const progress = await until('it says why it waits', async () => {
      const now = await api.json<Progress>(`/music/${id}`)
      return now.state === 'waiting-for-workers' && now
    })
    assert.match(progress.waits_for ?? '', /No connected worker can use broken|No worker is connected/)
    assert.match(work.log(), /broken-\w+ cannot be used: The network .* is refused: it is not ONNX/)
    await api.ready(await add('tiny'))
    assert.ok(!work.log().includes('died'), 'no worker died of it')
  })

  test('A model that kills the worker that loads it is not tried by the next worker, which does other songs', async () => {
    const graph = slowGraph([0.5, 0.25, 0.125, 0.125], 44_100, 3_000)
    await writeModel(join(folder, 'server'), { name: 'deadly', graph })
    await until('the worker listens for its jobs', async () =>
      (await models()).some(({ name, workers }) => name === 'deadly' && workers === 1),
    )
    const [before] = await api.workers()
    const id = await add('deadly')
    await until('it is being loaded', async () =>
      (await readdir(join(folder, 'cache/models'))).some((name) => name.startsWith('deadly-')),
    )
    await until('its description is whole', async () => {
      const place = (await readdir(join(folder, 'cache/models'))).find((name) => name.startsWith('deadly-')) ?? ''
      return existsSync(join(folder, 'cache/models', place, 'model.json'))
    })
    await sleep(300)
    if (before) process.kill(before.pid, 'SIGSEGV')
    await until('another worker is there', async () => (await api.workers()).some(({ pid }) => pid !== before?.pid))
    assert.match(work.log(), /Model deadly-\w+ killed Worker\[\w+\] \(SIGSEGV\); no worker here loads it again/)
    await api.ready(await add('tiny'))
    const progress = await until('the song says why it waits', async () => {
      const now = await api.json<Progress>(`/music/${id}`)
      return now.state === 'waiting-for-workers' && now
    })
    assert.match(progress.waits_for ?? '', /No connected worker can use deadly/)
    assert.equal(work.log().match(/died/g)?.length, 1)
  })

  test('A removed model is told apart from one that never existed', async () => {
    await rm(join(folder, 'server', 'tiny'), { recursive: true })
    await until('the server knows it', async () => !(await models()).some(({ name }) => name === 'tiny'))
    const answer = await fetch(`${system.url}/music?filename=a.wav&model=tiny`, {
      method: 'POST',
      body: new Uint8Array(wavOf(song)),
    })
    assert.equal(answer.status, 400)
    assert.match(((await answer.json()) as { error: string }).error, /no model 'tiny' here/)
  })
})
