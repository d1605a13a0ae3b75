import assert from 'node:assert/strict'
import { open, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CONTRACT, resultsQueue } from '../../../src/song/messages.ts'
import { faultSong } from '../oracle.ts'
import type { Row } from '../row.ts'
import { withClient } from './brokers.ts'

export const SERVER_ROWS: readonly Row[] = [
  {
    number: 21,
    fault: "the server's disk full: at an upload, while results come in; then there is free space again",
    isPriority: true,
    run: ({ withLab }) =>
      withLab({ smallDiskKilobytes: 48_000 }, async (lab) => {
        const filler = join(lab.system.folder, 'filler')
        await fillDisk(filler, 200_000)
        const refused = await fetch(`${lab.url}/music?filename=a.wav`, {
          method: 'POST',
          body: new Uint8Array(faultSong(6, 210).wav),
        })
        assert.equal(refused.status, 507)
        assert.match(await refused.text(), /no room left/)
        await rm(filler)
        const said: string[] = []
        // A little free space is too little for results. None at all is too little for the ledger, too.
        for (const [index, leaveBytes] of [100_000, 0].entries()) {
          const unwanted = await lab.api.upload(faultSong(1, 215 + index).wav)
          const id = await lab.add(faultSong(12, 211 + index))
          await lab.done(id, 2)
          await fillDisk(filler, leaveBytes)
          await sleep(3_000)
          assert.equal((await fetch(`${lab.url}/music/${id}`)).status, 200, 'it lives, and answers')
          const deletion = await fetch(`${lab.url}/music/${unwanted.music_id}`, { method: 'DELETE' })
          assert.equal(deletion.status, 200, 'a deletion frees space')
          await rm(filler)
          const sums = (await lab.assertWhole(150_000)).at(-1)
          for (const name of await readdir(join(lab.system.folder, 'songs', String(id)))) {
            assert.ok((await stat(join(lab.system.folder, 'songs', String(id), name))).size > 0, name)
          }
          said.push(`${leaveBytes / 1000} kB left: ${sums?.returned ?? 0} given back, ${sums?.failed ?? 0} failed`)
        }
        return said.join('; ')
      }),
  },
  {
    number: 24,
    fault: 'a reset with 40 jobs queued, 2 running and a worker cut off; a deletion in mid song; a new song at once',
    isPriority: true,
    run: ({ withLab }) =>
      withLab({ hasWires: true }, async (lab) => {
        const { stompWire } = lab
        assert.ok(stompWire)
        const big = await lab.add(faultSong(30, 240))
        await lab.done(big, 2)
        const deleted = await lab.add(faultSong(6, 241))
        await lab.done(deleted, 1)
        await lab.api.json(`/music/${deleted}`, { method: 'DELETE' })
        lab.forget(deleted)
        stompWire.isCut = true
        await sleep(500)
        lab.forget(big)
        await lab.api.json('/reset', { method: 'POST' })
        await sleep(2_000)
        stompWire.isCut = false
        const id = await lab.add(faultSong(6, 242))
        assert.ok(id > deleted, 'ids are not used again')
        await lab.assertWhole(120_000)
        const songs = await lab.api.json<{ music_id: number }[]>('/music')
        assert.deepEqual(
          songs.map(({ music_id }) => music_id),
          [id],
        )
        assert.deepEqual(await readdir(join(lab.system.folder, 'songs')), [String(id)], 'old results never appear')
        return ''
      }),
  },
  {
    number: 25,
    fault: 'every result sent three times more, in another order; every JobDone repeated',
    isPriority: true,
    run: ({ withLab }) =>
      withLab({ hasWires: true }, async (lab) => {
        const { httpWire } = lab
        assert.ok(httpWire)
        const results: { head: string; body: Buffer }[] = []
        const open = new Map<object, Buffer[]>()
        httpWire.meddle = (bytes, passage) => {
          if (passage.direction === 'up') open.set(passage, [...(open.get(passage) ?? []), bytes])
          return bytes
        }
        const id = await lab.add(faultSong(6, 250))
        await lab.api.ready(id)
        for (const parts of open.values()) results.push(...putsOf(Buffer.concat(parts)))
        assert.ok(results.length >= 8, `${results.length} results were seen`)
        const shuffled = [...results, ...results, ...results].sort(
          (a, b) => a.head.length - b.head.length || (a.body[99] ?? 0) - (b.body[99] ?? 0),
        )
        for (const { head, body } of shuffled) {
          const [, path = ''] = /^PUT (\S+)/.exec(head) ?? []
          const token = /authorization: (.+)\r/i.exec(head)?.[1] ?? ''
          const answer = await fetch(`${lab.url}${path}`, {
            method: 'PUT',
            headers: { authorization: token, 'content-type': 'application/octet-stream' },
            body: new Uint8Array(body),
          })
          assert.equal(((await answer.json()) as { outcome: string }).outcome, 'duplicate')
        }
        const serverId = /minus-one\.results\.(\w+)/.exec(
          lab.rabbitmq ? await lab.rabbitmq.ctl('list_queues', 'name') : '',
        )?.[1]
        if (serverId) {
          await withClient(lab, async (broker) => {
            const news = {
              v: CONTRACT,
              kind: 'separate',
              jobId: 1,
              attempt: 1,
              worker: 'x',
              outcome: 'accepted',
              seconds: 1,
              fetchSeconds: 0,
              computeSeconds: 0,
              sendSeconds: 0,
            }
            for (const body of [JSON.stringify(news), JSON.stringify(news), 'nonsense']) {
              await broker.publish({ destination: resultsQueue(serverId), body, signal: AbortSignal.timeout(5_000) })
            }
          })
        }
        await lab.assertWhole()
        return `${shuffled.length} duplicates, one effect each`
      }),
  },
]

/** Fills the disk with a file, even while others write, and then gives back so many bytes. */
async function fillDisk(path: string, leaveBytes: number): Promise<void> {
  const piece = Buffer.alloc(1 << 16, 1)
  const file = await open(path, 'w')
  try {
    let bytes = 0
    for (let size = piece.length; size >= 4_096; ) {
      try {
        bytes += (await file.write(piece, 0, size)).bytesWritten
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error
        size /= 2
      }
    }
    await file.truncate(Math.max(0, bytes - leaveBytes))
  } finally {
    await file.close()
  }
}

/** The results (PUT requests) that were sent on one connection. */
function putsOf(bytes: Buffer): { head: string; body: Buffer }[] {
  const found: { head: string; body: Buffer }[] = []
  let at = 0
  for (;;) {
    const end = bytes.indexOf('\r\n\r\n', at)
    if (end < 0) return found
    const head = bytes.subarray(at, end + 4).toString('latin1')
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
    const body = bytes.subarray(end + 4, end + 4 + length)
    if (head.startsWith('PUT ') && body.length === length) found.push({ head, body })
    at = end + 4 + length
  }
}
