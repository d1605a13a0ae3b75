import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

export type Hosts = {
  /** Our address on the cable between the two hosts. */
  here: string
  /** The words that come before a command to run it on the other host. */
  there: readonly string[]
  /** Drops packets: 'up' those from the other host, 'down' those to it. */
  cut(way: 'both' | 'up' | 'down'): Promise<void>
  /** Loses this share of the packets, both ways. */
  lose(share: number): Promise<void>
  /** Limits the rate, as tc-tbf(8) writes it. */
  slow(rate: string): Promise<void>
  heal(): Promise<void>
}

const HERE = '10.77.0.1'
const THERE = '10.77.0.2'

/**
 * Makes another host: a network namespace with a veth pair (ip-netns(8), veth(4)). This process must be in a
 * namespace of its own already, as `run.ts` makes it, so that the machine's network is not touched.
 */
export async function withHosts<T>(work: (hosts: Hosts) => Promise<T>): Promise<T> {
  const name = `minus-one-${process.pid}`
  const there = ['ip', 'netns', 'exec', name]
  const sh = (...words: string[]) => run(words[0] ?? '', words.slice(1))
  const onBoth = async (...words: string[]) => {
    await sh(...words)
    await sh(...there, ...words)
  }
  const heal = async (): Promise<void> => {
    for (const before of [[], there]) await sh(...before, 'iptables', '-F')
    await sh('tc', 'qdisc', 'del', 'dev', 'cable', 'root').catch(() => undefined)
    await sh(...there, 'tc', 'qdisc', 'del', 'dev', 'cable', 'root').catch(() => undefined)
  }
  await sh('ip', 'netns', 'add', name)
  try {
    await sh('ip', 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', name)
    for (const [before, address] of [
      [[], HERE],
      [there, THERE],
    ] as const) {
      await sh(...before, 'ip', 'addr', 'add', `${address}/24`, 'dev', 'cable')
      await sh(...before, 'ip', 'link', 'set', 'cable', 'up')
      await sh(...before, 'ip', 'link', 'set', 'lo', 'up')
    }
    return await work({
      here: HERE,
      there,
      async cut(way) {
        if (way !== 'down') await sh('iptables', '-A', 'INPUT', '-i', 'cable', '-j', 'DROP')
        if (way !== 'up') await sh('iptables', '-A', 'OUTPUT', '-o', 'cable', '-j', 'DROP')
      },
      lose: (share) =>
        onBoth(
          'iptables',
          '-A',
          'INPUT',
          '-i',
          'cable',
          '-m',
          'statistic',
          '--mode',
          'random',
          '--probability',
          String(share),
          '-j',
          'DROP',
        ),
      slow: (rate) =>
        onBoth(
          'tc',
          'qdisc',
          'add',
          'dev',
          'cable',
          'root',
          'tbf',
          'rate',
          rate,
          'burst',
          '32kbit',
          'latency',
          '400ms',
        ),
      heal,
    })
  } finally {
    await sh('ip', 'netns', 'del', name)
    await sh('ip', 'link', 'del', 'cable').catch(() => undefined)
  }
}
