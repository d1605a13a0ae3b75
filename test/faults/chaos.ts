import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Music } from '../../src/listen/schemas.ts'
import { memoryOf } from '../support/proc.ts'
import type { Process } from '../support/system.ts'
import { chanceOf, chaosFaults } from './chaos-faults.ts'
import { type FakeClock, withFakeClock } from './fake-clock.ts'
import { type BrokerName, Lab } from './lab.ts'
import { installFaultModel } from './model.ts'
import { inNamespaces } from './namespace.ts'
import { faultSong, References, type TestSong } from './oracle.ts'

/*
 * Random songs arrive and random faults happen, by seed, for so many minutes; at the end everything is accounted for.
 *
 *     npm run chaos -- [--minutes 10] [--seed 1] [--broker embedded|rabbitmq]
 */
const { values: flags } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    broker: { type: 'string', default: 'embedded' },
  },
})
const SUPERVISORS = 3
/** The number of different songs. Each is separated once without faults. */
const KINDS = 10
/** Listeners jump to and fro in the newest songs. */
const LISTENED_TO = 3
const MEBIBYTE = 2 ** 20

await inNamespaces(() => withFakeClock(main))

async function main(clock: FakeClock): Promise<number> {
  const broker: BrokerName = flags.broker === 'rabbitmq' ? 'rabbitmq' : 'embedded'
  const chance = chanceOf(Number(flags.seed))
  const { share, between, oneOf } = chance
  const folder = await mkdtemp(join(tmpdir(), 'minus-one-chaos-'))
  const modelsFolder = join(folder, 'models')
  await installFaultModel(modelsFolder)
  const references = new References(join(folder, 'references'), modelsFolder)
  const kinds = Array.from({ length: KINDS }, (_, kind) => faultSong(3 + kind, 1_000 + kind))
  for (const kind of kinds) await references.of(kind)

  const { settings: server } = clock
  const lab = await Lab.start({ broker, references, modelsFolder, hasWires: true, workers: 0, server })
  const works: Process[] = []
  for (let i = 0; i < SUPERVISORS; i++) works.push(lab.startWork())
  await lab.workersAre(SUPERVISORS)

  const counts: Record<string, number> = {}
  const memory: { life: number; seconds: number; mebibytes: number }[] = []
  let life = 0
  let recent: { id: number; song: TestSong }[] = []
  const beganAt = Date.now()
  const endsAt = beganAt + Number(flags.minutes) * 60_000
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1
  }

  const faults = chaosFaults({ lab, works, clock, chance, onRestart: () => life++ })

  const observing = setInterval(() => {
    const status = memoryOf(lab.system.child.pid ?? 0, 'VmRSS')
    if (status) memory.push({ life, seconds: (Date.now() - beganAt) / 1000, mebibytes: status / MEBIBYTE })
  }, 2_000)

  const songs = (async () => {
    while (Date.now() < endsAt) {
      const song = oneOf(kinds)
      const isSlow = share() < 0.5
      // The server may be ending, or ask to come again: then it has not promised to keep the song.
      await (isSlow ? lab.addSlowly(song, between(1, 6)) : lab.add(song)).then(
        (id) => {
          count(isSlow ? 'songs sent slowly' : 'songs')
          recent = [{ id, song }, ...recent].slice(0, LISTENED_TO)
        },
        () => count('uploads refused'),
      )
      await sleep(between(1_000, 6_000))
    }
  })()
  const listening = (async () => {
    while (Date.now() < endsAt) {
      await sleep(between(500, 3_000))
      const { id, song } = recent.length > 0 ? oneOf(recent) : {}
      if (id === undefined || !song) continue
      await lab.listen(id, between(0, song.seconds)).then(
        () => count('jumps'),
        () => undefined, // the server may be down
      )
    }
  })()
  try {
    while (Date.now() < endsAt) {
      await sleep(between(1_000, 6_000))
      const name = oneOf(Object.keys(faults))
      console.log(`${((Date.now() - beganAt) / 1000).toFixed(0).padStart(5)} s  ${name}`)
      count(name)
      await faults[name]?.()
      assert.equal(lab.system.child.exitCode ?? lab.system.child.signalCode, null, `the server survives: ${name}`)
    }
    await Promise.all([songs, listening])
    clearInterval(observing)
    await lab.keepAgain()
    const sums = await lab.assertWhole(300_000)
    const onTheirWay = (await lab.api.json<Music[]>('/music')).filter(({ arrival }) => arrival !== null)
    assert.deepEqual(onTheirWay, [], 'no song whose upload broke off is left')
    const total = (key: 'jobs' | 'attempts' | 'lost' | 'failed' | 'returned') =>
      sums.reduce((sum, each) => sum + each[key], 0)
    console.log(
      `\n${flags.minutes} minutes on the ${broker} broker, seed ${flags.seed}: everything is there, once, and identical.`,
    )
    for (const [what, n] of Object.entries(counts)) console.log(`  ${what.padEnd(20)} ${n}`)
    for (const key of ['jobs', 'attempts', 'lost', 'failed', 'returned'] as const)
      console.log(`  ${key.padEnd(20)} ${total(key)}`)
    console.log(
      `  server's memory      ${slope(memory).toFixed(2)} MiB a minute, peak ${Math.max(...memory.map((each) => each.mebibytes)).toFixed(0)} MiB`,
    )
    return 0
  } catch (error) {
    console.log(lab.system.log().slice(-20_000))
    console.error(error)
    return 1
  } finally {
    await lab.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** The least-squares slope in MiB a minute over the server's runs, each without its first 20 seconds. */
function slope(memory: readonly { life: number; seconds: number; mebibytes: number }[]): number {
  let [covariance, variance] = [0, 0]
  for (const samples of Object.values(Object.groupBy(memory, ({ life }) => String(life)))) {
    const from = (samples?.[0]?.seconds ?? 0) + 20
    const settled = samples?.filter(({ seconds }) => seconds >= from) ?? []
    const mean = (key: 'seconds' | 'mebibytes') => settled.reduce((sum, each) => sum + each[key], 0) / settled.length
    const [x, y] = [mean('seconds'), mean('mebibytes')]
    for (const { seconds, mebibytes } of settled) {
      covariance += (seconds - x) * (mebibytes - y)
      variance += (seconds - x) ** 2
    }
  }
  return variance === 0 ? 0 : (60 * covariance) / variance
}
