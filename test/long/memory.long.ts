import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { allPids, memoryOf, parentOf, titleOf } from '../support/proc.ts'
import { makeLongSong } from '../support/real-songs.ts'
import { client, type System, startSystem } from '../support/system.ts'

const LOOK_EVERY_MS = 200
const MOST_MEBIBYTES = { serve: 250, work: 1_100, media: 250 } as const

type Kind = keyof typeof MOST_MEBIBYTES

describe('an hour of real music through server and workers', () => {
  let folder: string
  let system: System
  let song: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-hour-'))
    song = join(folder, 'hour.mp3')
    await makeLongSong(song, 3_600)
    system = await startSystem({ WORKERS_HEALTHY: '2' })
  })
  after(async () => {
    await system.remove()
    await rm(folder, { recursive: true, force: true })
  })

  test('needs the memory of a few segments in every process', async (context) => {
    const peaks: Record<Kind, number> = { serve: 0, work: 0, media: 0 }
    const looking = setInterval(() => look(peaks, system.child.pid ?? 0), LOOK_EVERY_MS)
    try {
      const api = client(system.url)
      const music = await api.upload(await readFile(song), 'hour.mp3')
      await api.keep(music.music_id, ['instrumental'])
      const { final = '', seconds, chunks } = await api.ready(music.music_id, 1_500_000)
      const flac = await fetch(`${final}?format=flac`)
      for await (const _ of flac.body ?? []);
      context.diagnostic(`${chunks.total} segments in ${seconds} s; peaks in MiB: ${JSON.stringify(peaks)}`)
    } finally {
      clearInterval(looking)
    }
    for (const kind of ['serve', 'work', 'media'] as const) {
      assert.ok(peaks[kind] > 20, `${kind} was seen`)
      assert.ok(peaks[kind] <= MOST_MEBIBYTES[kind], `${kind}: ${peaks[kind]} MiB`)
    }
  })
})

/** Notes the peak memory (VmHWM) of the server's process and of all below it, by their titles. */
function look(peaks: Record<Kind, number>, server: number): void {
  const isOurs = (pid: number | null): boolean => pid === server || (pid !== null && pid > 1 && isOurs(parentOf(pid)))
  for (const pid of allPids()) {
    const kind = /^minus-one (serve|work|media)/.exec(titleOf(pid))?.[1] as Kind | undefined
    if (kind && isOurs(pid)) peaks[kind] = Math.max(peaks[kind], Math.round((memoryOf(pid, 'VmHWM') ?? 0) / 2 ** 20))
  }
}
