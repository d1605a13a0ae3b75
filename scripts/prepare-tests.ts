import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/*
 * Installs what the tests need from the system: RabbitMQ, ActiveMQ, Chromium, nginx, songs, and tools that disturb the
 * network, change the clock and trace system calls. This works as root on Debian. Elsewhere it fails with the names of the
 * missing packages. No test is skipped for want of them.
 */
const NEEDED = [
  { packageName: 'rabbitmq-server', file: '/usr/lib/rabbitmq/bin/rabbitmq-server' },
  { packageName: 'activemq', file: '/usr/share/activemq/bin/activemq.jar' },
  { packageName: 'chromium', file: '/usr/bin/chromium' },
  { packageName: 'nginx-light', file: '/usr/sbin/nginx' },
  { packageName: 'curl', file: '/usr/bin/curl' },
  { packageName: 'iptables', file: '/usr/sbin/iptables' },
  { packageName: 'iproute2', file: '/usr/sbin/tc' },
  { packageName: 'faketime', file: '/usr/bin/faketime' },
  { packageName: 'strace', file: '/usr/bin/strace' },
  { packageName: 'openssl', file: '/usr/bin/openssl' },
  { packageName: 'fretsonfire-songs-muldjord', file: '/usr/share/games/fretsonfire/data/songs/muldjord' },
]

const missing = NEEDED.filter(({ file }) => !existsSync(file)).map(({ packageName }) => packageName)
if (missing.length > 0) {
  const isRootOnDebian = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
  if (!isRootOnDebian) {
    console.error(`The tests need ${missing.join(', ')}. On Debian: sudo apt-get install ${missing.join(' ')}`)
    process.exit(1)
  }
  install(missing)
}

function install(packages: readonly string[]): void {
  console.log(`Installing what the tests need: ${packages.join(', ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env })
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { stdio: 'inherit', env })
}
