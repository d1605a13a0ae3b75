import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { StompClient } from '../../../src/broker/client/stomp-client.ts'
import type { Delivery } from '../../../src/broker/contract.ts'
import { type Model, parseModel } from '../../../src/models/description.ts'
import { publishPresence } from '../../../src/separate/presence.ts'
import { Assignment, CONTRACT, Invitation, jobsQueue } from '../../../src/song/messages.ts'
import { computedStems } from '../../../src/song/plan.ts'
import { partialSamples } from '../../../src/song/segment.ts'
import { PRESENCE_TOPIC } from '../../../src/song/worker-presence.ts'
import { writeModel } from '../../support/onnx.ts'
import { freePort } from '../../support/ports.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, filesBelow, type System, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

const PASSWORD = 'a password'
const SOUND = 'application/octet-stream'

describe('A worker that is not ours', () => {
  let folder: string
  let model: Model
  let system: System
  let broker: StompClient
  let songId: number
  let delivery: Delivery
  let invitation: Invitation

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-foreign-'))
    const place = await writeModel(folder, { name: 'fake', samples: 16_384 })
    model = parseModel(await readFile(join(place, 'model.json'), 'utf8'), place)
    const port = await freePort()
    system = await startSystem({
      WORKERS_HEALTHY: '0',
      MODELS_DIR: folder,
      MODEL: 'fake',
      BROKER_LISTEN: `127.0.0.1:${port}`,
      BROKER_USER: 'admin',
      BROKER_PASSWORD: PASSWORD,
    })
    broker = new StompClient({
      address: { host: '127.0.0.1', port, user: 'admin', password: PASSWORD, vhost: '/', tls: false },
      heartbeats: { outMs: 2_000, inMs: 2_000 },
      log: { info: () => undefined, warn: () => undefined },
    })
    await broker.whenConnected()
    publishPresence(broker, {
      v: CONTRACT,
      worker: 'foreign',
      host: 'elsewhere',
      pid: 1,
      state: 'idle',
      jobId: null,
      serverId: null,
      kinds: ['separate'],
      models: [model.id],
      memoryMb: 1_000,
      startedAt: Date.now(),
      jobs: 0,
      speed: null,
    })
  })
  after(async () => {
    await broker.close()
    await system.remove()
    await rm(folder, { recursive: true, force: true })
  })

  /** A song of one job, and the invitation to it. */
  beforeEach(async () => {
    const came = Promise.withResolvers<Delivery>()
    const subscription = broker.subscribe({
      destination: jobsQueue(model.id),
      prefetch: 1,
      ack: 'client-individual',
      onDelivery: async (message) => came.resolve(message),
    })
    const api = client(system.url)
    const sound = makeSong(1).subarray(0, 2 * 8_000)
    songId = (await api.upload(wavOf(sound))).music_id
    await api.keep(songId, ['vocals'])
    delivery = await came.promise
    invitation = Invitation.parse(JSON.parse(delivery.body))
    await delivery.ack()
    await subscription.unsubscribe()
  })

  function claim(name: string, accept = 'application/json', v = CONTRACT): Promise<Response> {
    const { jobId, generation, token, server } = invitation
    return fetch(new URL(`/job/${jobId}/claim`, server), {
      method: 'POST',
      headers: { accept },
      body: JSON.stringify({ v, generation, token, worker: 'foreign', delivery: name }),
    })
  }

  test('A worker receives the sound with its claim, or asks for it afterwards', async () => {
    const assignment = Assignment.parse(await (await claim('the first')).json())
    const input = (token: string) =>
      fetch(new URL(`/job/${assignment.jobId}/input`, invitation.server), {
        headers: { authorization: `Bearer ${token}` },
      })
    const sound = Buffer.from(await (await input(assignment.attemptToken)).arrayBuffer())
    assert.equal(sound.length, assignment.inputBytes)
    assert.ok(sound.some((byte) => byte !== 0))
    assert.equal((await input(invitation.token)).status, 401, 'the token of the invitation opens no sound')

    const again = await claim('the first', SOUND)
    assert.equal(again.headers.get('content-type'), SOUND)
    const answer = Buffer.from(await again.arrayBuffer())
    const end = answer.indexOf('\n')
    assert.deepEqual(JSON.parse(answer.toString('utf8', 0, end)), assignment, 'the same delivery, the same attempt')
    assert.ok(answer.subarray(end + 1).equals(sound))
  })

  test('A result that arrives after its song was finished is answered as a duplicate', async () => {
    const result = Buffer.alloc(computedStems(model).length * partialSamples(model.grid) * 2 * 4)
    const slow = put(Assignment.parse(await (await claim('the first')).json()), result.length)
    slow.write(result.subarray(0, 100_000))
    const halves = async () => (await filesBelow(join(system.folder, 'songs'))).filter((path) => /partial-/.test(path))
    await until('half of it has come', async () => (await halves()).length === 1)

    const fast = put(Assignment.parse(await (await claim('the second')).json()), result.length)
    fast.end(result)
    assert.deepEqual(await fast.answer, [200, { outcome: 'accepted' }])
    await client(system.url).ready(songId)
    await until('what was half there is removed with the song', async () => (await halves()).length === 0)

    slow.end(result.subarray(100_000))
    assert.deepEqual(await slow.answer, [200, { outcome: 'duplicate' }])
  })

  test('A worker of contract 2 is refused in words, and its job is done by another one', async () => {
    const signal = AbortSignal.timeout(5_000)
    const presence = { v: 2, worker: 'older', host: 'h', pid: 1, state: 'idle', jobId: null, serverId: null }
    const body = JSON.stringify({ ...presence, models: [model.id], memoryMb: 1, startedAt: 1, jobs: 0, speed: null })
    await broker.publish({ destination: PRESENCE_TOPIC, body, signal })
    const words = `speaks contract 2, this server ${CONTRACT}: update the older one`
    await until('its presence is refused', () => system.log().includes(`Worker[older] ${words}`))

    const refused = await claim('of the older one', 'application/json', 2)
    assert.equal(refused.status, 403)
    assert.match(await refused.text(), new RegExp(words))
    const { kind } = Assignment.parse(await (await claim('of the newer one')).json())
    assert.equal(kind, 'separate')
  })

  /** A result on its way. */
  function put({ jobId, attemptToken }: Assignment, bytes: number) {
    const { promise, resolve, reject } = Promise.withResolvers<[status: number | undefined, said: unknown]>()
    const sending = request(new URL(`/job/${jobId}/result?seconds=1`, invitation.server), {
      method: 'PUT',
      headers: { authorization: `Bearer ${attemptToken}`, 'content-type': SOUND, 'content-length': bytes },
    })
    sending.on('error', reject)
    sending.on('response', async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve([response.statusCode, JSON.parse(text)])
    })
    return Object.assign(sending, { answer: promise })
  }
})
