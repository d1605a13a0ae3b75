import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { allTests, sourcesOf } from './test-files.ts'

/*
 * Programs, sound and models that tests take from the system. As root on Debian they are installed; elsewhere this fails
 * and names the packages. No test is skipped.
 */

/** `named` is a word that the source of a test holds where it needs the package. */
const NEEDED = [
  { packageName: 'rabbitmq-server', named: 'rabbitmq-server', file: '/usr/lib/rabbitmq/bin/rabbitmq-server' },
  { packageName: 'activemq', named: 'activemq.jar', file: '/usr/share/activemq/bin/activemq.jar' },
  { packageName: 'chromium', named: '/usr/bin/chromium', file: '/usr/bin/chromium' },
  { packageName: 'firefox-esr', named: '/usr/bin/firefox-esr', file: '/usr/bin/firefox-esr' },
  { packageName: 'pulseaudio', named: '/usr/bin/pulseaudio', file: '/usr/bin/pulseaudio' },
  { packageName: 'nginx-light', named: '/usr/sbin/nginx', file: '/usr/sbin/nginx' },
  { packageName: 'curl', named: 'curl', file: '/usr/bin/curl' },
  { packageName: 'iptables', named: 'iptables', file: '/usr/sbin/iptables' },
  { packageName: 'iproute2', named: 'qdisc', file: '/usr/sbin/tc' },
  { packageName: 'faketime', named: 'libfaketime', file: '/usr/bin/faketime' },
  { packageName: 'strace', named: "'strace'", file: '/usr/bin/strace' },
  { packageName: 'openssl', named: "'openssl'", file: '/usr/bin/openssl' },
  {
    packageName: 'fretsonfire-songs-muldjord',
    named: 'fretsonfire',
    file: '/usr/share/games/fretsonfire/data/songs/muldjord',
  },
]

/** Installs what these tests need and the system lacks. Throws with the command to give where it cannot. */
export function prepareTests(tests: readonly string[]): void {
  const source = [...sourcesOf(tests).values()].join('\n')
  const missing = NEEDED.filter(({ named, file }) => source.includes(named) && !existsSync(file))
  const packages = missing.map(({ packageName }) => packageName)
  if (packages.length === 0) return
  const isRootOnDebian = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  if (!isRootOnDebian) {
    throw new Error(`The tests need ${packages.join(', ')}. On Debian: sudo apt-get install ${packages.join(' ')}`)
  }
  console.log(`Installing what the tests need: ${packages.join(', ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env })
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { stdio: 'inherit', env })
}

if (import.meta.main) prepareTests(allTests())
