import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Broker } from '../../src/broker/broker.ts'
import type { Delivery } from '../../src/broker/contract.ts'
import { parseModel } from '../../src/models/description.ts'
import { sayPresence } from '../../src/separate/presence.ts'
import { Assignment, CONTRACT, Invitation, jobsQueue } from '../../src/song/messages.ts'
import { writeModel } from '../support/onnx.ts'
import { freePort } from '../support/ports.ts'
import { makeSong, wavOf } from '../support/songs.ts'
import { client, startSystem } from '../support/system.ts'

test('a worker of another make may take the sound with its claim, or ask for it afterwards', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'minus-one-foreign-'))
  const place = await writeModel(folder, { name: 'fake', samples: 16_384 })
  const { id } = parseModel(await readFile(join(place, 'model.json'), 'utf8'), place)
  const port = await freePort()
  const system = await startSystem({
    WORKERS_HEALTHY: '0',
    MODELS_DIR: folder,
    MODEL: 'fake',
    BROKER_LISTEN: `127.0.0.1:${port}`,
    BROKER_USER: 'admin',
    BROKER_PASSWORD: 'a password',
  })
  const broker = new Broker({
    address: { host: '127.0.0.1', port, user: 'admin', password: 'a password', vhost: '/', tls: false },
    heartbeats: { outMs: 2_000, inMs: 2_000 },
    log: { info: () => undefined, warn: () => undefined },
  })
  try {
    const api = client(system.url)
    const { delivery, invitation } = await invited()
    const claim = (accept: string) =>
      fetch(new URL(`/job/${invitation.jobId}/claim`, invitation.server), {
        method: 'POST',
        headers: { accept },
        body: JSON.stringify({
          v: CONTRACT,
          generation: invitation.generation,
          token: invitation.token,
          worker: 'foreign',
          delivery: 'the first',
        }),
      })

    const first = await claim('application/json')
    const assignment = Assignment.parse(await first.json())
    const input = (token: string) =>
      fetch(new URL(`/job/${assignment.jobId}/input`, invitation.server), {
        headers: { authorization: `Bearer ${token}` },
      })
    const sound = Buffer.from(await (await input(assignment.attemptToken)).arrayBuffer())
    assert.equal(sound.length, assignment.inputBytes)
    assert.ok(sound.some((byte) => byte !== 0))
    assert.equal((await input(invitation.token)).status, 401, 'the token of the invitation opens no sound')

    const again = await claim('application/octet-stream')
    assert.equal(again.headers.get('content-type'), 'application/octet-stream')
    const answer = Buffer.from(await again.arrayBuffer())
    const end = answer.indexOf('\n')
    assert.deepEqual(JSON.parse(answer.toString('utf8', 0, end)), assignment, 'the same delivery, the same attempt')
    assert.ok(answer.subarray(end + 1).equals(sound))
    await delivery.ack()

    /** Says that it is there, adds a song and waits to be asked. */
    async function invited(): Promise<{ delivery: Delivery; invitation: Invitation }> {
      const came = Promise.withResolvers<Delivery>()
      await broker.whenConnected()
      broker.subscribe({
        destination: jobsQueue(id),
        prefetch: 1,
        ack: 'client-individual',
        onDelivery: async (message) => came.resolve(message),
      })
      sayPresence(broker, {
        v: CONTRACT,
        worker: 'foreign',
        host: 'elsewhere',
        pid: 1,
        state: 'idle',
        jobId: null,
        serverId: null,
        models: [id],
        memoryMb: 1_000,
        startedAt: Date.now(),
        jobs: 0,
        speed: null,
      })
      const music = await api.upload(wavOf(makeSong(2, 5)))
      await api.keep(music.music_id, ['vocals'])
      const message = await came.promise
      return { delivery: message, invitation: Invitation.parse(JSON.parse(message.body)) }
    }
  } finally {
    await broker.close()
    await system.remove()
    await rm(folder, { recursive: true, force: true })
  }
})
