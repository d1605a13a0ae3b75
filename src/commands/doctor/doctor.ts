import { existsSync } from 'node:fs'
import { access, constants, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { startMedia } from '../../audio/media/media-process.ts'
import { settingsHint } from '../../broker/client/settings-hint.ts'
import { StompConnection } from '../../broker/client/stomp-connection.ts'
import { brokerAddress, type Config, defaultWorkers, SETTINGS } from '../../config.ts'
import { PAGE_FOLDER } from '../../listen/routes/page-routes.ts'
import { OFFERS } from '../../models/catalogue.ts'
import { readGraph } from '../../models/installed-models.ts'
import { authorityOf } from '../../platform/address.ts'
import { GIBIBYTE } from '../../platform/byte-units.ts'
import { hasCudaProvider } from '../../separate/onnx-network.ts'
import { assertNever, messageOf, UserError } from '../../song/errors.ts'
import { inspectDataFolder, ledgerRestoreHint, songIdsWithUpload } from '../../store/data-folder/data-folder.ts'
import { DataFolderSize, spareBytesOf } from '../../store/data-folder/data-size.ts'
import { describeHolder, findHolder, nearestFolder } from '../../store/data-folder/folder-lock.ts'
import { checkLedger } from '../../store/ledger/ledger-check.ts'
import { type Folders, ledgerPath, lockPath } from '../../store/song-files/paths.ts'
import { openOwnModels } from '../model-folders.ts'
import { print } from '../terminal.ts'
import { workerBrokerAddress } from '../worker-broker-address.ts'

type Finding = { what: string; isGood: boolean; said: string }

/** Prints the settings in force, the faults of the installation and their remedies. Resolves to whether there is no fault. */
export async function doctor({ config, version }: { config: Config; version: string }): Promise<boolean> {
  print(`Minus One ${version} on Node ${process.versions.node}, ${process.platform} ${process.arch}`)
  print('\nSettings in force:')
  for (const [name, { about }] of Object.entries(SETTINGS))
    print(`  ${name.padEnd(28)} ${shown(config, name as keyof typeof SETTINGS)}  (${about})`)
  print(`  workers on this machine: ${config.WORKERS_HEALTHY ?? defaultWorkers()}`)
  print('\nChecks:')
  const findings = [
    ...(await checkModels(config)),
    checkProvider(config),
    await checkData(config),
    await checkSongs(config),
    await checkMedia(),
    checkPage(),
    await checkBroker(config),
  ]
  for (const { what, isGood, said } of findings) print(`  ${isGood ? 'ok     ' : 'MISSING'} ${what}: ${said}`)
  return findings.every(({ isGood }) => isGood)
}

/** The value of a setting. Of a secret it tells only whether it is set. */
function shown(config: Config, name: keyof typeof SETTINGS): string {
  const value: unknown = config[name]
  if ('isSecret' in SETTINGS[name]) return value === undefined ? '(unset)' : '(set)'
  return value === undefined ? '(unset)' : typeof value === 'object' ? JSON.stringify(value) : String(value)
}

async function checkModels(config: Config): Promise<Finding[]> {
  const installedModels = await openOwnModels(config)
  const findings: Finding[] = []
  for (const model of installedModels.all) {
    const what = `model ${model.name}`
    try {
      for (const [index, graph] of model.graphs.entries()) await readGraph(model.paths[index] ?? '', graph)
      findings.push({ what, isGood: true, said: `${model.stems.join(', ')}; whole` })
    } catch (error) {
      findings.push({ what, isGood: false, said: messageOf(error) })
    }
  }
  if (!installedModels.get(config.MODEL)) {
    const canBeHad = OFFERS.some(({ name }) => name === config.MODEL)
    const way = canBeHad ? `run 'minus-one models install ${config.MODEL}' or set` : 'set'
    const said = `is not installed; ${way} MODEL to one of ${installedModels.all.map(({ name }) => name).join(', ')}`
    findings.push({ what: `model ${config.MODEL}`, isGood: false, said })
  }
  for (const { folder, reason } of installedModels.faults) findings.push({ what: folder, isGood: false, said: reason })
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
  const folders = { root: resolve(config.DATA_DIR) }
  const what = 'DATA_DIR'
  try {
    const owner = inspectDataFolder(folders)
    const place = nearestFolder(folders.root)
    await access(place, constants.W_OK)
    const { bavail, blocks, bsize } = await statfs(place)
    const free = (bavail * bsize) / GIBIBYTE
    const holder = findHolder(lockPath(folders))
    const use = holder
      ? `in use by ${describeHolder(holder)}`
      : owner.kind === 'new'
        ? 'free to be taken'
        : 'not in use'
    const taken = (await sizeOf(folders)) / GIBIBYTE
    const most = config.MAX_DATA_GB
    const left = most === undefined ? free - spareBytesOf(blocks * bsize) / GIBIBYTE : Math.min(free, most - taken)
    const limit = most === undefined ? '' : ` of ${most} (MAX_DATA_GB)`
    const said = `${folders.root}, ${use}; takes ${taken.toFixed(1)} GiB${limit}, ${free.toFixed(1)} GiB free (a song of 4 minutes needs about 0.3)`
    const isGood = left > Math.min(1, (most ?? 20) / 20)
    return { what, isGood, said: isGood ? said : `${said}; delete songs, make room, or set DATA_DIR or MAX_DATA_GB` }
  } catch (error) {
    const way = error instanceof UserError ? '' : '; set DATA_DIR to a folder that can be written'
    return { what, isGood: false, said: `${messageOf(error).replace(/^DATA_DIR: /, '')}${way}` }
  }
}

async function sizeOf(folders: Folders): Promise<number> {
  return (await new DataFolderSize(folders).measure({ inWork: new Set(), uploading: new Set() })).bytes
}

async function checkSongs(config: Config): Promise<Finding> {
  const folders = { root: resolve(config.DATA_DIR) }
  const what = 'ledger'
  const songs = songIdsWithUpload(folders).length
  const ledger = await checkLedger(ledgerPath(folders))
  const recover = `; stop the server, then:\n${ledgerRestoreHint(folders)}`
  switch (ledger.kind) {
    case 'sound':
      await access(ledgerPath(folders), constants.W_OK)
      return { what, isGood: true, said: `whole, version ${ledger.version}; ${songs} songs on the disk` }
    case 'missing':
    case 'empty':
      if (songs === 0) return { what, isGood: true, said: 'none yet' }
      return { what, isGood: false, said: `${ledger.kind}, though ${songs} songs are there${recover}` }
    case 'foreign':
      return { what, isGood: false, said: `the database of another program${recover}` }
    case 'damaged':
      return { what, isGood: false, said: `damaged: ${ledger.faults.slice(0, 3).join('; ')}${recover}` }
    default:
      return assertNever(ledger)
  }
}

async function checkMedia(): Promise<Finding> {
  try {
    const media = startMedia({ task: { kind: 'blocks', folder: tmpdir() } })
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
  const { host, port, user, vhost, tls } = brokerAddress(config)
  const what = `broker ${authorityOf(host, port)}`
  const nothing = () => undefined
  const connection = new StompConnection({
    address: workerBrokerAddress(config),
    beats: { outMs: 0, inMs: 0 },
    events: { onFrame: nothing, onClose: nothing },
  })
  try {
    await connection.ready
    return { what, isGood: true, said: `lets ${user} in, virtual host ${vhost}${tls ? ', over TLS' : ''}` }
  } catch (error) {
    const reason = messageOf(error)
    const isSilent = /ECONNREFUSED|no answer/.test(reason)
    const question = isSilent ? '; is RabbitMQ with rabbitmq_stomp up there?' : ''
    return { what, isGood: false, said: `${reason}${settingsHint(reason, { tls })}${question}` }
  } finally {
    connection.close('asked')
  }
}
