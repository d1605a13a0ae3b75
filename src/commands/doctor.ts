import { existsSync } from 'node:fs'
import { mkdir, statfs } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { startMedia } from '../audio/media-process.ts'
import { brokerAddress, type Config, defaultWorkers, SETTINGS } from '../config.ts'
import { PAGE_FOLDER } from '../listen/page.ts'
import { readGraph } from '../models/shelf.ts'
import { hasCudaProvider } from '../separate/session.ts'
import { messageOf } from '../song/errors.ts'
import { openOwnShelf } from './model-folders.ts'

type Finding = { what: string; isGood: boolean; said: string }

const GIBIBYTE = 2 ** 30
const DIAL_TIMEOUT_MS = 3_000

/** Says what is in force, what is missing and how to mend it. Resolves to whether all is well. */
export async function doctor({ config, version }: { config: Config; version: string }): Promise<boolean> {
  const print = (line: string) => process.stdout.write(`${line}\n`)
  print(`Minus One ${version} on Node ${process.versions.node}, ${process.platform} ${process.arch}`)
  print('\nSettings in force:')
  for (const [name, { about }] of Object.entries(SETTINGS))
    print(`  ${name.padEnd(28)} ${shown(config, name)}  (${about})`)
  print(`  workers on this machine: ${config.WORKERS_HEALTHY ?? defaultWorkers()}`)
  print('\nChecks:')
  const findings = [
    ...(await checkModels(config)),
    checkProvider(config),
    await checkData(config),
    await checkMedia(),
    checkPage(),
    await checkBroker(config),
  ]
  for (const { what, isGood, said } of findings) print(`  ${isGood ? 'ok     ' : 'MISSING'} ${what}: ${said}`)
  return findings.every(({ isGood }) => isGood)
}

function shown(config: Config, name: string): string {
  if (name === 'HF_TOKEN' || name === 'ACCESS_TOKEN') return config[name] === undefined ? '(unset)' : '(set)'
  if (name === 'BROKER_PASSWORD') return config.BROKER_PASSWORD === 'admin' ? 'the default one' : '(set)'
  const value = (config as Record<string, unknown>)[name]
  return value === undefined ? '(unset)' : typeof value === 'object' ? JSON.stringify(value) : String(value)
}

async function checkModels(config: Config): Promise<Finding[]> {
  const shelf = await openOwnShelf(config)
  const findings: Finding[] = []
  for (const model of shelf.models) {
    const what = `model ${model.name}`
    try {
      for (const [index, graph] of model.graphs.entries()) await readGraph(model.paths[index] ?? '', graph)
      findings.push({ what, isGood: true, said: `${model.stems.join(', ')}; whole` })
    } catch (error) {
      findings.push({ what, isGood: false, said: messageOf(error) })
    }
  }
  if (!shelf.get(config.MODEL)) {
    const said = `is not installed; run 'minus-one models install ${config.MODEL}' or set MODEL`
    findings.push({ what: `model ${config.MODEL}`, isGood: false, said })
  }
  for (const { folder, reason } of shelf.faults) findings.push({ what: folder, isGood: false, said: reason })
  return findings
}

function checkProvider({ EXECUTION_PROVIDER }: Config): Finding {
  const what = 'execution provider'
  if (EXECUTION_PROVIDER === 'cpu') return { what, isGood: true, said: 'cpu, as asked for' }
  if (hasCudaProvider()) return { what, isGood: true, said: 'CUDA is installed; used where a driver and a GPU are' }
  const isGood = EXECUTION_PROVIDER === 'auto'
  return { what, isGood, said: `cpu; ONNX Runtime's CUDA provider is not installed (docs/cuda.md)` }
}

async function checkData(config: Config): Promise<Finding> {
  const folder = resolve(config.DATA_DIR)
  try {
    await mkdir(folder, { recursive: true })
    const { bavail, bsize } = await statfs(folder)
    const free = (bavail * bsize) / GIBIBYTE
    const said = `${folder}, ${free.toFixed(1)} GiB free (a song of 4 minutes needs about 0.2)`
    return { what: 'DATA_DIR', isGood: free > 1, said: free > 1 ? said : `${said}; make room or set DATA_DIR` }
  } catch (error) {
    return {
      what: 'DATA_DIR',
      isGood: false,
      said: `${messageOf(error)}; set DATA_DIR to a folder that can be written`,
    }
  }
}

async function checkMedia(): Promise<Finding> {
  try {
    const media = startMedia({ task: { kind: 'stretches', folder: tmpdir() } })
    await media.done
    media.child.kill()
    return { what: 'FFmpeg (node-av)', isGood: true, said: 'loads' }
  } catch (error) {
    return { what: 'FFmpeg (node-av)', isGood: false, said: `${messageOf(error)}; run 'npm ci' again` }
  }
}

function checkPage(): Finding {
  const isGood = existsSync(PAGE_FOLDER)
  return { what: 'page', isGood, said: isGood ? 'built' : "not built; run 'npm run build' ('npm start' does it)" }
}

async function checkBroker(config: Config): Promise<Finding> {
  if (config.BROKER_HOST === undefined) return { what: 'broker', isGood: true, said: 'embedded (BROKER_HOST is unset)' }
  const { host, port } = brokerAddress(config)
  const what = `broker ${host}:${port}`
  return new Promise((tell) => {
    const socket = connect({ host, port, timeout: DIAL_TIMEOUT_MS })
    const end = (finding: Finding) => {
      socket.destroy()
      tell(finding)
    }
    socket.on('connect', () => end({ what, isGood: true, said: 'something listens there' }))
    socket.on('timeout', () => end({ what, isGood: false, said: 'no answer; check BROKER_HOST and the firewall' }))
    socket.on('error', (error) =>
      end({ what, isGood: false, said: `${error.message}; is RabbitMQ with rabbitmq_stomp up there?` }),
    )
  })
}
