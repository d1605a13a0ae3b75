import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../support/ports.ts'
import { randomNumbers } from '../support/songs.ts'
import type { Process } from '../support/system.ts'
import type { FakeClock } from './fake-clock.ts'
import type { Lab } from './lab.ts'
import { serveAgain, withFewDescriptors, withFolderReadOnly, withLedgerHeld } from './machine-faults.ts'

const MAX_SPARE_DESCRIPTORS = 6
const CLOCK_HOURS = [-1, 0, 1]

/** Random choices that repeat with the same seed. */
export type Chance = {
  /** From 0 to 1. */
  share(): number
  between(low: number, high: number): number
  oneOf<T>(all: readonly T[]): T
}

export function chanceOf(seed: number): Chance {
  const share = randomNumbers(seed)
  return {
    share,
    between: (low, high) => low + share() * (high - low),
    oneOf: <T>(all: readonly T[]) => all[Math.floor(share() * all.length)] as T,
  }
}

export type Faults = Record<string, () => Promise<void>>

/**
 * Faults by name. Each is over when its promise resolves.
 * @param works the supervisors; a drained one is replaced by a new one
 * @param onRestart called when the server was restarted
 */
export function chaosFaults(options: {
  lab: Lab
  works: Process[]
  clock: FakeClock
  chance: Chance
  onRestart(): void
}): Faults {
  return {
    ...workerFaults(options),
    ...networkFaults(options),
    ...serverFaults(options),
    ...(options.lab.rabbitmq && brokerFaults(options)),
  }
}

type Ground = Parameters<typeof chaosFaults>[0]

function workerFaults({ lab, works, chance: { share, between, oneOf } }: Ground): Faults {
  return {
    async 'worker killed'() {
      const pids = lab.workerPids()
      if (pids.length > 0) process.kill(oneOf(pids), 'SIGKILL')
    },
    async 'worker frozen'() {
      const pids = lab.workerPids()
      if (pids.length === 0) return
      const pid = oneOf(pids)
      process.kill(pid, 'SIGSTOP')
      await sleep(between(1_000, 8_000))
      process.kill(pid, 'SIGCONT')
    },
    async 'worker drained'() {
      const at = Math.floor(share() * works.length)
      const [old] = works.splice(at, 1, lab.startWork())
      if (old) await lab.stopWork(old)
    },
  }
}

function networkFaults({ lab, chance: { share, between, oneOf } }: Ground): Faults {
  return {
    async 'cables cut'() {
      const wires = [lab.httpWire, lab.stompWire].filter((wire) => wire !== null)
      const cut = share() < 0.5 ? wires : [oneOf(wires)]
      for (const wire of cut) wire.isCut = true
      await sleep(between(500, 9_000))
      for (const wire of cut) wire.isCut = false
    },
    async 'connections reset'() {
      let isDone = false
      const wire = oneOf([lab.httpWire, lab.stompWire])
      if (!wire) return
      wire.meddle = (bytes, passage) => {
        if (isDone) return bytes
        isDone = true
        passage.reset()
        return null
      }
      await sleep(1_000)
      wire.meddle = null
    },
  }
}

function serverFaults({ lab, clock, chance: { share, between, oneOf }, onRestart }: Ground): Faults {
  return {
    async 'server killed'() {
      await lab.system.restart()
      onRestart()
    },
    async 'second server'() {
      const others = { PORT: String(await freePort()), BROKER_LISTEN: `127.0.0.1:${await freePort()}` }
      const { code, said } = await serveAgain(lab, share() < 0.5 ? {} : others)
      assert.ok(code !== null && code !== 0, `the second server has ended with ${code}:\n${said}`)
      assert.match(said, /is in use by minus-one serve/)
    },
    'ledger held': () => withLedgerHeld(lab.system.folder, () => sleep(between(1_000, 10_000))),
    'folder read-only': () => withFolderReadOnly(lab.system.folder, () => sleep(between(1_000, 8_000))),
    'descriptors short'() {
      const few = { pid: lab.system.child.pid ?? 0, spare: Math.floor(between(0, MAX_SPARE_DESCRIPTORS)) }
      return withFewDescriptors(few, () => sleep(between(2_000, 8_000)))
    },
    async 'clock stepped'() {
      clock.set(oneOf(CLOCK_HOURS))
    },
  }
}

function brokerFaults({ lab, chance: { between } }: Ground): Faults {
  return {
    async 'broker killed'() {
      await lab.rabbitmq?.kill()
      await sleep(between(0, 3_000))
      await lab.rabbitmq?.start()
    },
    async 'broker frozen'() {
      lab.rabbitmq?.signal('SIGSTOP')
      await sleep(between(1_000, 8_000))
      lab.rabbitmq?.signal('SIGCONT')
    },
  }
}
