import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Health, Music } from '../../src/listen/schemas.ts'
import { uploadSlowly } from '../support/slow-upload.ts'
import { until } from '../support/wait.ts'
import { assertWithin, type Lab } from './lab.ts'
import { faultSong } from './oracle.ts'

export const OUTAGE_MS = 10_000
/** The time limit for answers to reading requests while the server cannot write. */
const ANSWER_MS = 1_000
/** The server tests twice a second whether it can write, and waits a quarter of a second for the ledger. */
const TOLD_MS = 2_000
const GOES_ON_MS = 10_000
const ASK_EVERY_MS = 500
const UPLOAD_SECONDS = 3

/**
 * For ten seconds during a separation and two uploads the server cannot write. It says why, answers reading requests,
 * refuses uploads, loses nothing, and goes on by itself.
 * @param withFault injects the fault for as long as it is told to
 * @param reason what /healthz says meanwhile
 */
export function outage(
  lab: Lab,
  { seed, reason, withFault }: { seed: number; reason: RegExp; withFault<T>(work: () => Promise<T>): Promise<T> },
): Promise<string> {
  return unharmed(lab, async () => {
    const id = await lab.add(faultSong(24, seed))
    const outlasting = lab.addSlowly(faultSong(6, seed + 1), (3 * OUTAGE_MS) / 1000)
    outlasting.catch(() => undefined) // it is awaited at the end
    await lab.done(id, 2)
    const ending = fateOfUpload(lab.url, faultSong(3, seed + 2).wav)
    await uploadsUnderWay(lab, 2)
    const toldMs = await withFault(async () => {
      const began = performance.now()
      await untilHealthSays(lab, reason)
      const told = performance.now() - began
      while (performance.now() - began < OUTAGE_MS) {
        await assertAnswersWell(lab, reason)
        await sleep(ASK_EVERY_MS)
      }
      assert.match(await ending, reason, 'an upload that ends meanwhile is refused')
      return told
    })
    assertWithin('the word of /healthz', toldMs, TOLD_MS)
    const overAt = performance.now()
    const { done } = (await lab.api.progress(id)).chunks
    await until('all is well', async () => (await healthOf(lab)).status === 200, { timeoutMs: GOES_ON_MS })
    await lab.done(id, done + 1)
    const goneOnMs = performance.now() - overAt
    assertWithin('the next result', goneOnMs, GOES_ON_MS)
    const ids = [id, await outlasting]
    const sums = await lab.assertWhole()
    for (const { failed } of sums) assert.equal(failed, 0)
    assert.doesNotMatch(lab.workLog(), /given back/, 'workers ask again, and lose nothing that they have computed')
    const there = (await lab.api.json<Music[]>('/music')).map(({ music_id }) => music_id)
    assert.deepEqual(there.sort(), ids.sort(), 'what was refused is gone')
    const lost = sums.reduce((sum, each) => sum + each.lost, 0)
    return `told after ${Math.round(toldMs)} ms, next result ${Math.round(goneOnMs)} ms after the end, ${lost} lost`
  })
}

/** Asserts that `work` leaves the server running as the same process. */
export async function unharmed<T>(lab: Lab, work: () => Promise<T>): Promise<T> {
  const { child } = lab.system
  const result = await work()
  assert.deepEqual([child.exitCode, child.signalCode], [null, null], 'the server lives')
  return result
}

export async function untilHealthSays(lab: Lab, reason: RegExp): Promise<void> {
  await until(`/healthz says ${reason}`, async () => {
    const { status, reasons } = await healthOf(lab)
    return status === 503 && reasons.some((each) => reason.test(each))
  })
}

/** Waits until so many uploads have begun and none has ended. */
export async function uploadsUnderWay(lab: Lab, count: number): Promise<void> {
  await until(`${count} uploads are under way`, async () => {
    const early = (await lab.api.json<Music[]>('/music')).filter(({ arrival }) => arrival !== null)
    return early.length + readdirSync(join(lab.system.folder, 'incoming')).length >= count
  })
}

async function healthOf(lab: Lab): Promise<Pick<Health, 'reasons'> & { status: number }> {
  const answer = await fetch(`${lab.url}/healthz`)
  return { status: answer.status, reasons: ((await answer.json()) as Health).reasons }
}

async function assertAnswersWell(lab: Lab, reason: RegExp): Promise<void> {
  const began = performance.now()
  const { status, reasons } = await healthOf(lab)
  assert.equal(status, 503)
  assert.match(reasons.join(' '), reason)
  assert.equal((await fetch(`${lab.url}/music`)).status, 200)
  assertWithin('two answers', performance.now() - began, 2 * ANSWER_MS)
  const body = new Uint8Array(faultSong(1, 400).wav)
  const refused = await fetch(`${lab.url}/music?filename=a.wav`, { method: 'POST', body })
  assert.equal(refused.status, 503, await refused.text())
  assert.ok(Number(refused.headers.get('retry-after')) > 0, 'it says when to come again')
}

/** The outcome of an upload: 'taken', or the reason why it was refused. */
function fateOfUpload(url: string, wav: Buffer): Promise<string> {
  const named = { fileName: 'ending.wav', arrival: randomUUID(), seconds: UPLOAD_SECONDS }
  return uploadSlowly(url, wav, named).then(
    () => 'taken',
    (error: unknown) => String(error),
  )
}
