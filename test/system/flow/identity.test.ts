import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { sum } from '../../../src/assemble/mix.ts'
import { bytesOf, samplesOf } from '../../../src/song/pcm.ts'
import { EIGHT_JOBS_SECONDS, type Run, runSong, type Stems, separateAlone } from '../../support/scenario.ts'
import { makeSong, wavOf } from '../../support/songs.ts'

function assertSame(run: Run, stems: Stems): void {
  for (const [stem, samples] of stems)
    assert.ok(run.stems.get(stem)?.equals(samples), `${stem} is the same, sample for sample`)
  const kept = ['drums', 'bass', 'other'].map((stem) => samplesOf(stems.get(stem) ?? Buffer.alloc(0)))
  assert.ok(run.final.equals(bytesOf(sum(kept, run.final.length / 2))), 'the mix is the sum of what was kept')
}

async function withAlone(song: Buffer, act: (stems: Stems) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'minus-one-alone-'))
  try {
    const path = join(folder, 'song.wav')
    await writeFile(path, song)
    await act(await separateAlone(path, join(folder, 'out')))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

describe('A song of a minute and a half has the same samples, whoever separates it', () => {
  const song = wavOf(makeSong(90, 3))
  let stems: Stems

  before(() =>
    withAlone(song, async (alone) => {
      stems = alone
    }),
  )
  after(() => stems.clear())

  test('One worker gives the samples of the command line', async () =>
    assertSame(await runSong({ song, broker: 'embedded', healthy: 1 }), stems))

  test('Four workers give the samples of the command line', async () =>
    assertSame(await runSong({ song, broker: 'embedded', healthy: 4 }), stems))

  test('Workers on RabbitMQ, one of which dies, give the samples of the command line', async () => {
    const run = await runSong({ song, broker: 'rabbitmq', healthy: 2, unhealthy: 1 })
    assertSame(run, stems)
    assert.ok(run.redelivered >= 1)
  })
})

describe('The scenario: eight workers, a song of eight jobs, one worker killed during its job', () => {
  const song = wavOf(makeSong(EIGHT_JOBS_SECONDS, 4))

  for (const broker of ['embedded', 'rabbitmq'] as const) {
    test(`Another worker does the job of a killed one, with ${broker === 'embedded' ? 'the embedded broker' : 'RabbitMQ'}`, async () => {
      const run = await runSong({ song, broker, healthy: 7, unhealthy: 1 })
      await withAlone(song, async (stems) => assertSame(run, stems))
      const { log } = run
      assert.match(log, /8 workers started listening for jobs\./)
      assert.match(log, /Music\[1\]: Sending 8 jobs/)
      assert.match(log, /WARNING - Simulating workers crash\. Killing 1 workers\./)
      const dead = /Worker\[(\w+)\] died \(SIGKILL\)/.exec(log)?.[1]
      assert.ok(dead, 'a worker died')
      const job = new RegExp(`Worker\\[${dead}\\] started Job\\[(\\d+)\\]`).exec(log)?.[1]
      assert.ok(job, 'it had a job')
      assert.match(log, new RegExp(`Job\\[${job}\\] is started again by Worker\\[(?!${dead})\\w+\\]`))
      for (let done = 1; done <= 8; done++) assert.match(log, new RegExp(`JobDoneMsg\\[${done}\\] - ACK - job time`))
      assert.match(log, /Progress: 100%/)
      assert.match(log, /merge time: \d+\.\d\d\[s\]/)
      assert.match(log, /total time: \d+\.\d\d\[s\]/)
      assert.equal(run.redelivered, 1)
    })
  }
})
