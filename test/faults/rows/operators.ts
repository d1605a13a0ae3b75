import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Music } from '../../../src/listen/schemas.ts'
import { freePort } from '../../support/ports.ts'
import { until } from '../../support/wait.ts'
import { type FakeClock, withFakeClock } from '../fake-clock.ts'
import { assertWithin, type Lab } from '../lab.ts'
import {
  serveAgain,
  withFewDescriptors,
  withFolderAway,
  withFolderReadOnly,
  withLedgerHeld,
} from '../machine-faults.ts'
import { faultSong, type TestSong } from '../oracle.ts'
import { OUTAGE_MS, outage, unharmed, uploadsUnderWay } from '../outage.ts'
import type { Row } from '../row.ts'

const SECOND_SERVER_ENDS_MS = 10_000
const UPLOAD_SECONDS = 20
const SPARE_DESCRIPTORS = 3
const IDLE_CONNECTIONS = 80
const UPLOAD_EVERY_MS = 250
const ANSWER_WITHIN_MS = 10_000
const HOUR_MS = 3_600_000
/** The server looks for songs that are old enough to be deleted every half minute. */
const LOOKED_WITHIN_MS = 90_000
/** No song of this row takes longer, however the clock steps. */
const MAX_SONG_SECONDS = 240

export const OPERATOR_ROWS: readonly Row[] = [
  {
    number: 41,
    fault: 'another process holds the ledger for ten seconds',
    isPriority: true,
    run: ({ withLab }) =>
      withLab({}, (lab) =>
        outage(lab, {
          seed: 410,
          reason: /holds the ledger/,
          withFault: (work) => withLedgerHeld(lab.system.folder, work),
        }),
      ),
  },
  {
    number: 42,
    fault: 'a second server on the same data folder, in the middle of an upload and of a separation',
    isPriority: true,
    run: ({ withLab }) =>
      withLab({}, (lab) =>
        unharmed(lab, async () => {
          const id = await lab.add(faultSong(30, 420))
          const upload = lab.addSlowly(faultSong(6, 421), UPLOAD_SECONDS)
          upload.catch(() => undefined) // it is awaited at the end
          await lab.done(id, 2)
          const waits: number[] = []
          const others = { PORT: String(await freePort()), BROKER_LISTEN: `127.0.0.1:${await freePort()}` }
          for (const changed of [{}, others]) {
            await uploadsUnderWay(lab, 1)
            const { code, said, ms } = await serveAgain(lab, changed)
            assert.ok(code !== null && code !== 0, `whoever started it is told by its code: ${code}`)
            assert.match(said, /is in use by minus-one serve/)
            assert.match(said, new RegExp(`process ${lab.system.child.pid}\\b`))
            assertWithin('the end of the second server', ms, SECOND_SERVER_ENDS_MS)
            waits.push(Math.round(ms))
          }
          await upload
          const sums = await lab.assertWhole()
          for (const { lost, failed, returned } of sums) assert.deepEqual([lost, failed, returned], [0, 0, 0])
          return `it ends after ${waits.join(' and ')} ms; no attempt of the first is lost`
        }),
      ),
  },
  {
    number: 43,
    fault:
      "the clock of the server's machine steps an hour forward, and two hours back, one by one; songs are kept 29 minutes",
    isPriority: true,
    run: ({ withLab }) =>
      withFakeClock((clock) =>
        withLab({ server: { ...clock.settings, RETENTION_DAYS: '0.02' } }, async (lab) => {
          const songs: number[] = []
          for (const hours of [1, 0, -1]) {
            const id = await lab.add(faultSong(12, 431 + hours))
            songs.push(id)
            await lab.done(id, 2)
            await step(lab, clock, hours)
            await through(lab, id)
            await oldSongsLookedFor(lab)
            await oldSongsLookedFor(lab, () => lab.system.restart())
            const there = (await lab.api.json<Music[]>('/music')).map(({ music_id }) => music_id)
            assert.deepEqual(there.sort(), [...songs].sort(), `no song is deleted at ${hours} h`)
          }
          const sums = await lab.assertWhole()
          for (const { failed } of sums) assert.equal(failed, 0)
          return `${songs.length} songs, all kept`
        }),
      ),
  },
  {
    number: 44,
    fault: 'the server has no descriptors left for ten seconds, with 80 idle connections waiting',
    isPriority: true,
    run: ({ withLab }) =>
      withLab({}, (lab) =>
        unharmed(lab, async () => {
          const id = await lab.add(faultSong(15, 440))
          await lab.done(id, 2)
          const song = faultSong(3, 441)
          const pid = lab.system.child.pid ?? 0
          const kept = new Agent({ keepAlive: true, maxSockets: 1 })
          const taken: Music[] = []
          const fates: Record<string, number> = {}
          const upload = async (agent: Agent | false) => {
            const fate = await fateOfUpload(lab.url, song, agent)
            const word = typeof fate === 'string' ? fate : 'taken'
            fates[word] = (fates[word] ?? 0) + 1
            if (typeof fate !== 'string') taken.push(fate)
          }
          // Clients that are connected get answers. The server cannot accept new connections.
          await upload(kept)
          const crowd = await withFewDescriptors({ pid, spare: SPARE_DESCRIPTORS }, async () => {
            const sockets = Array.from({ length: IDLE_CONNECTIONS }, () => connect(Number(new URL(lab.url).port)))
            for (const socket of sockets) socket.on('error', () => undefined)
            const endsAt = performance.now() + OUTAGE_MS
            while (performance.now() < endsAt) {
              for (const agent of [kept, false] as const) await upload(agent)
              await sleep(UPLOAD_EVERY_MS)
            }
            return sockets
          })
          for (const socket of crowd) socket.destroy()
          kept.destroy()
          assert.ok((fates['503'] ?? 0) > 0, `it was short: ${JSON.stringify(fates)}`)
          for (const music of taken) await lab.keep(music, song)
          const sums = await lab.assertWhole()
          for (const { failed } of sums) assert.equal(failed, 0)
          return Object.entries(fates)
            .map(([fate, count]) => `${count} ${fate}`)
            .join(', ')
        }),
      ),
  },
  {
    number: 45,
    fault: 'the file system of DATA_DIR turns read-only for ten seconds',
    isPriority: true,
    run: ({ withLab }) =>
      withLab({}, (lab) =>
        outage(lab, {
          seed: 450,
          reason: /cannot be written/,
          withFault: (work) => withFolderReadOnly(lab.system.folder, work),
        }),
      ),
  },
  {
    number: 47,
    fault: 'DATA_DIR is moved away for ten seconds and back',
    isPriority: true,
    run: ({ withLab }) =>
      withLab({}, (lab) =>
        outage(lab, {
          seed: 470,
          reason: /gone or was replaced/,
          withFault: (work) => withFolderAway(lab.system.folder, work),
        }),
      ),
  },
]

/** Steps the clock of the server's machine, and waits until the server has that time. */
async function step(lab: Lab, clock: FakeClock, hours: number): Promise<void> {
  clock.set(hours)
  await until(`the server's clock is ${hours} h ahead`, async () => {
    const { headers } = await fetch(`${lab.url}/healthz`)
    const offsetMs = Date.parse(headers.get('date') ?? '') - Date.now()
    return Math.abs(offsetMs - hours * HOUR_MS) < HOUR_MS / 60
  })
}

/** Waits until a song is ready. Its duration is never negative or hours. */
async function through(lab: Lab, songId: number): Promise<void> {
  await until(
    `song ${songId} is ready`,
    async () => {
      const { seconds, progress, error } = await lab.api.progress(songId)
      assert.equal(error, null)
      assert.ok(seconds >= 0 && seconds < MAX_SONG_SECONDS, `it has taken ${seconds} s`)
      return progress === 100
    },
    { timeoutMs: 60_000, everyMs: 50 },
  )
}

/** Does `what`, and waits until the server has looked for songs that are old enough to be deleted. */
async function oldSongsLookedFor(lab: Lab, what: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  const lookedAt = () => {
    const ledger = new DatabaseSync(join(lab.system.folder, 'ledger.sqlite'), { readOnly: true })
    try {
      return ledger.prepare("SELECT value FROM meta WHERE key = 'clock_seen'").get()?.['value']
    } finally {
      ledger.close()
    }
  }
  const before = lookedAt()
  await what()
  await until('it looks for old songs', () => lookedAt() !== before, { timeoutMs: LOOKED_WITHIN_MS, everyMs: 200 })
}

/** The outcome of an upload: a song, a status, or a closed connection. */
function fateOfUpload(url: string, { wav }: TestSong, agent: Agent | false): Promise<Music | '503' | 'closed'> {
  const headers = { 'content-type': 'application/octet-stream', 'content-length': wav.length }
  return new Promise((resolve, reject) => {
    const upload = request(`${url}/music?filename=a.wav`, { method: 'POST', headers, agent, timeout: ANSWER_WITHIN_MS })
    upload.on('timeout', () => reject(new Error('An upload was neither answered nor refused.')))
    upload.on('error', () => resolve('closed'))
    upload.on('response', (response) => {
      json(response).then((body) => {
        if (response.statusCode === 200) resolve(body as Music)
        else if (response.statusCode === 503 && Number(response.headers['retry-after']) > 0) resolve('503')
        else reject(new Error(`${response.statusCode}: ${JSON.stringify(body)}`))
      }, reject)
    })
    upload.end(wav)
  })
}
