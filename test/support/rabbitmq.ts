import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from './ports.ts'
import { until } from './wait.ts'

const run = promisify(execFile)
const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'
const CTL = '/usr/lib/rabbitmq/bin/rabbitmqctl'

export type Rabbitmq = {
  port: number
  /** Starts it again on the same data, after `stop` or `kill`. */
  start(): Promise<void>
  stop(): Promise<void>
  /** Ends it with SIGKILL, as when its machine fails. */
  kill(): Promise<void>
  ctl(...words: string[]): Promise<string>
  /** Sends a signal to all its processes. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  /** Removes its data. It must be stopped. */
  wipe(): Promise<void>
  /** Ends it and removes its data. */
  remove(): Promise<void>
}

/**
 * Starts Debian's RabbitMQ with the STOMP plugin, user admin and password admin. It has its own node name, ports and data
 * folder, listens on loopback, and does not touch the system's service. Throws with the way out when it is not installed.
 */
export async function startRabbitmq(address = '127.0.0.1', configuration: readonly string[] = []): Promise<Rabbitmq> {
  if (!existsSync(SERVER)) throw new Error("RabbitMQ is not installed: run 'apt-get install rabbitmq-server'.")
  const folder = await mkdtemp(join(tmpdir(), 'minus-one-rabbitmq-'))
  const port = await freePort()
  const node = `minus-one-${port}@localhost`
  await writeFile(join(folder, 'enabled_plugins'), '[rabbitmq_stomp].\n')
  await writeFile(
    join(folder, 'rabbitmq.conf'),
    [
      'listeners.tcp = none',
      `stomp.listeners.tcp.1 = ${address}:${port}`,
      'default_user = admin',
      'default_pass = admin',
      'default_user_tags.administrator = true',
      // RabbitMQ admits these users only from loopback; ours may come from another namespace.
      'loopback_users = none',
      'log.console = false',
      'disk_free_limit.absolute = 50MB',
      ...configuration,
    ].join('\n'),
  )
  await chmod(folder, 0o700)
  const environment = {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: folder,
    LANG: 'C.UTF-8',
    RABBITMQ_NODENAME: node,
    RABBITMQ_DIST_PORT: String(await freePort()),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'none'),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    ERL_EPMD_ADDRESS: '127.0.0.1',
  }
  let server: ReturnType<typeof spawn> | null = null

  async function start(): Promise<void> {
    server = spawn(SERVER, [], { env: environment, stdio: 'ignore', detached: true })
    await reachable(port, address)
  }

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const running = server
    server = null
    if (!running?.pid || running.exitCode !== null) return
    const ended = new Promise<void>((resolve) => running.once('exit', () => resolve()))
    process.kill(-running.pid, signal)
    await ended
    // The start script ends before Erlang, which keeps port and connections a moment longer.
    const group = running.pid
    await until('all of RabbitMQ has ended', () => !isAlive(group))
    await unreachable(port, address)
  }

  const rabbitmq: Rabbitmq = {
    port,
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async ctl(...words) {
      const { stdout } = await run(CTL, ['-q', '-n', node, ...words], { env: environment })
      return stdout
    },
    signal(signal) {
      if (server?.pid) process.kill(-server.pid, signal)
    },
    wipe: () => rm(join(folder, 'data'), { recursive: true, force: true }),
    async remove() {
      await end('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
  try {
    await start()
  } catch (error) {
    await rabbitmq.remove()
    throw error
  }
  return rabbitmq
}

/** Resolves when a STOMP broker accepts connections on a port of loopback. */
export async function reachable(port: number, address?: string): Promise<void> {
  await until(`something listens on port ${port}`, () => isListening(port, address), {
    timeoutMs: 60_000,
    everyMs: 100,
  })
}

/** Resolves when a port of loopback no longer accepts connections. */
export async function unreachable(port: number, address?: string): Promise<void> {
  await until(`nothing listens on port ${port}`, async () => !(await isListening(port, address)))
}

function isListening(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Whether a process group still has a process. */
function isAlive(group: number): boolean {
  try {
    process.kill(-group, 0)
    return true
  } catch {
    return false
  }
}
