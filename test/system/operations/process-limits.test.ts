import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { followInvitation } from '../../../src/separate/follow-invitation.ts'
import { CONTRACT } from '../../../src/song/messages.ts'
import { freePort } from '../../support/ports.ts'
import { allPids, parentOf, titleOf } from '../../support/proc.ts'
import { makeLongSong } from '../../support/real-songs.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, type System, startProcess, startSystem } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

/** Long enough to be killed while it is decoded. */
const SONG_SECONDS = 200

/** A shell that lowers a limit and then becomes the command. */
const limited = (limit: string) => ['sh', '-c', `ulimit ${limit} && exec "$@"`, 'limited']

describe('A server with 64 file descriptors and 80 idle connections', () => {
  let server: ReturnType<typeof startProcess>
  let url: string
  const idle: Socket[] = []
  before(async () => {
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    const settings = {
      PORT: String(port),
      DATA_DIR: join(process.env['TMPDIR'] ?? '/tmp', `minus-one-descriptors-${process.pid}`),
      WORKERS_HEALTHY: '1',
      BROKER_LISTEN: `127.0.0.1:${await freePort()}`,
    }
    server = startProcess(['serve'], settings, limited('-n 64'))
    await until('it is well', () =>
      fetch(`${url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    for (let i = 0; i < 80; i++)
      idle.push(
        connect(port, '127.0.0.1')
          .on('error', () => undefined)
          .resume(),
      )
    await until('connections beyond the limit are closed', () => idle.filter(({ destroyed }) => destroyed).length > 60)
  })
  after(async () => {
    for (const socket of idle) socket.destroy()
    await server.stop()
  })

  test('A server short of file descriptors logs which limit to raise', () => {
    assert.match(server.log(), /may have 64 files and connections open.*LimitNOFILE.*ulimit -n/)
  })

  test('A server short of file descriptors takes, separates and serves a song', async () => {
    const api = client(url)
    const { music_id: id } = await api.upload(wavOf(makeSong(8)))
    await api.keep(id, ['vocals'])
    const { instruments } = await api.ready(id)
    for (const { track } of instruments) assert.ok((await api.sound(track)).length > 0)
    assert.equal(server.child.exitCode, null)
    assert.doesNotMatch(server.log(), /died|failed|defect/)
  })

  test('A server short of file descriptors answers 200, or 503 with Retry-After, and recovers', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, () =>
        fetch(`${url}/music/1/original`).then(
          async (answer) => {
            await answer.arrayBuffer()
            return answer
          },
          () => null,
        ),
      ),
    )
    for (const answer of answers) {
      if (answer?.status === 503) assert.ok(answer.headers.get('retry-after'))
      else if (answer) assert.equal(answer.status, 200)
    }
    assert.ok(answers.some((answer) => answer?.status === 200))
    await until('it is well', () =>
      fetch(`${url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
  })
})

test('Server and workers with too little address space end with a clear message', async () => {
  for (const command of ['serve', 'work']) {
    const process_ = startProcess([command], {}, limited('-v 2000000'))
    assert.equal(await process_.ended, 2)
    assert.match(process_.log(), /may use 2\.0 GB of address space .*MemoryMax/)
    assert.doesNotMatch(process_.log(), /stack trace/)
  }
})

describe('Processes that get no memory', () => {
  let system: System
  before(async () => {
    system = await startSystem({ WORKERS_HEALTHY: '1' })
  })
  after(() => system.remove())

  test('A decoder killed for want of memory is started again, and the song is whole', async () => {
    const api = client(system.url)
    const path = join(system.folder, 'long.mp3')
    await makeLongSong(path, SONG_SECONDS)
    const { music_id: id } = await api.upload(await readFile(path))
    await api.keep(id, ['vocals'])
    const pcm = join(system.folder, 'songs', String(id), 'song.pcm')
    await until('it is being decoded', () => (statSync(pcm, { throwIfNoEntry: false })?.size ?? 0) > 0, { everyMs: 1 })
    for (const pid of mediaProcessesOf(system.child.pid ?? 0)) process.kill(pid, 'SIGKILL')
    await until('it is known that it was killed', () => /media process was ended/.test(system.log()))
    await until('it is decoded', async () => (await api.progress(id)).chunks.final)
    const wholeLength = SONG_SECONDS * 44_100 * 4
    assert.ok(Math.abs(statSync(pcm).size - wholeLength) < 44_100, 'all of it')
    assert.match(system.log(), /no memory left .*media process was ended \(SIGKILL\)/)
  })

  test('A worker without memory gives its job back, and the job does not count as failed', async () => {
    const reported: string[] = []
    const outcome = await followInvitation({
      invitation: {
        v: CONTRACT,
        kind: 'separate',
        jobId: 1,
        generation: 1,
        server: 'http://127.0.0.1:1',
        serverId: 's',
        run: 1,
        replyTo: 'r',
        token: 'a token of the job',
      },
      worker: 'w',
      api: {
        claim: async () => ({
          assignment: {
            jobId: 1,
            songId: 1,
            attempt: 1,
            attemptToken: 'a token of it',
            kind: 'separate',
            segment: 0,
            modelId: 'm',
            inputBytes: 4,
            level: null,
          },
          input: new Int16Array(2),
          answeredAt: 0,
        }),
        fetchInput: async () => 'gone',
        sendResult: async () => 'gone',
        reportFailure: async (_assignment, { kind }) => void reported.push(kind),
        fetchModel: async () => '',
        fetchGraph: async () => undefined,
      },
      workOf: async () => ({
        soundSeconds: 1,
        perform: () => Promise.reject(new Error('Non-zero status code: std::bad_alloc')),
      }),
      isCancelled: () => false,
      preempted: new AbortController().signal,
      onStep: () => undefined,
    })
    assert.deepEqual([outcome.kind, reported], ['returned', ['returned']])
  })
})

function mediaProcessesOf(server: number): number[] {
  return allPids().filter((pid) => parentOf(pid) === server && titleOf(pid).includes('minus-one media'))
}
