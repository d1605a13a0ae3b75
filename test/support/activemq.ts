import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './ports.ts'
import { reachable, unreachable } from './rabbitmq.ts'

const HOME = '/usr/share/activemq'
const JAR = `${HOME}/bin/activemq.jar`

export type Activemq = { port: number; start(): Promise<void>; stop(): Promise<void>; remove(): Promise<void> }

/** Debian's ActiveMQ with a STOMP connector on a port of loopback and a data folder of its own. Never the system's service. */
export async function startActivemq(): Promise<Activemq> {
  if (!existsSync(JAR)) throw new Error("ActiveMQ is not installed: run 'apt-get install activemq'.")
  const folder = await mkdtemp(join(tmpdir(), 'minus-one-activemq-'))
  const port = await freePort()
  const config = join(folder, 'activemq.xml')
  await writeFile(config, configuration(port, folder))
  let server: ChildProcess | null = null

  async function start(): Promise<void> {
    const words = [`-Dactivemq.home=${HOME}`, `-Dactivemq.base=${folder}`, `-Dactivemq.data=${folder}/data`]
    server = spawn('java', ['-Xmx256m', ...words, '-jar', JAR, 'start', `xbean:file:${config}`], {
      cwd: folder,
      stdio: 'ignore',
    })
    await reachable(port)
  }

  async function stop(): Promise<void> {
    const running = server
    server = null
    if (!running || running.exitCode !== null) return
    const ended = new Promise<void>((resolve) => running.once('exit', () => resolve()))
    running.kill('SIGKILL')
    await ended
    await unreachable(port)
  }

  async function remove(): Promise<void> {
    await stop()
    await rm(folder, { recursive: true, force: true })
  }

  try {
    await start()
  } catch (error) {
    await remove()
    throw error
  }
  return { port, start, stop, remove }
}

function configuration(port: number, folder: string): string {
  return `<beans xmlns="http://www.springframework.org/schema/beans" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://www.springframework.org/schema/beans http://www.springframework.org/schema/beans/spring-beans-2.0.xsd
  http://activemq.apache.org/schema/core http://activemq.apache.org/schema/core/activemq-core.xsd">
  <broker xmlns="http://activemq.apache.org/schema/core" useJmx="false" brokerName="contract" dataDirectory="${folder}/data">
    <persistenceAdapter><kahaDB directory="${folder}/data/kahadb"/></persistenceAdapter>
    <plugins><simpleAuthenticationPlugin><users>
      <authenticationUser username="admin" password="admin" groups="users,admins"/>
    </users></simpleAuthenticationPlugin></plugins>
    <transportConnectors><transportConnector name="stomp" uri="stomp://127.0.0.1:${port}"/></transportConnectors>
  </broker>
</beans>
`
}
