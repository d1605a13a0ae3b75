import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { messageOf, UserError } from '../song/errors.ts'
import { OFFERS, type Offer } from './catalogue.ts'
import { parseModel } from './description.ts'
import { download, hashOf, refuse } from './download.ts'
import { askHub, type Hub } from './hub.ts'
import { Shelf, type ShelvedModel } from './shelf.ts'

const MOST_DESCRIPTION_BYTES = 1 << 20
const MOST_GRAPH_BYTES = 8 * 2 ** 30
const PINS = 'pins.json'

export type InstallOptions = {
  /** A name of the catalogue, a folder or a model.json on this machine, or a URL of one. */
  what: string
  /** Where models are installed. */
  folder: string
  /** Other folders of models: a graph that lies there already is not fetched again. */
  others: readonly string[]
  hub: Hub
  /** Weights as 16-bit floats where there is a choice. */
  isHalf: boolean
  /** Takes a file whose hash is not the one it had when it was first installed. */
  acceptsNew: boolean
  signal: AbortSignal
  onProgress?(progress: { file: string; bytes: number; of: number }): void
  /** Tries the model out; throws when it is not to be used. */
  tryOut(model: ShelvedModel): Promise<void>
}

/**
 * Brings a model here: fetches or copies its files next to their place, tries them out, and moves the whole folder into
 * place at once. A half or wrong model is never there; what was fetched before a fault is not fetched again.
 */
export async function installModel(options: InstallOptions): Promise<ShelvedModel> {
  const { folder } = options
  await mkdir(folder, { recursive: true })
  const offer = OFFERS.find(({ name }) => name === options.what)
  const stage = offer ? await stageOffer(offer, options) : await stageOther(options)
  const shelf = await Shelf.open([stage.root, folder, ...options.others])
  const model = shelf.models.find((each) => each.folder === stage.folder)
  if (!model) throw new UserError(shelf.faults[0]?.reason ?? 'The model is not whole.', { code: 'model-broken' })
  try {
    await options.tryOut(model)
  } catch (error) {
    await rm(stage.root, { recursive: true, force: true })
    throw error
  }
  const place = join(folder, model.name)
  await rm(place, { recursive: true, force: true })
  await rename(stage.folder, place)
  await rm(stage.root, { recursive: true, force: true })
  const installed = (await Shelf.open([folder, ...options.others])).get(model.name)
  if (!installed) throw new Error(`Model ${model.name} vanished while it was installed.`)
  return installed
}

type Stage = { root: string; folder: string }

function stageFor(folder: string, name: string): Stage {
  const root = join(folder, `.installing-${name}`)
  return { root, folder: join(root, name) }
}

async function stageOffer(offer: Offer, options: InstallOptions): Promise<Stage> {
  const stage = stageFor(options.folder, offer.name)
  await mkdir(stage.folder, { recursive: true })
  const { megabytes: _, ...description } = offer
  const graphs = []
  for (const { repository, file, halfFile, ...graph } of offer.graphs) {
    const name = options.isHalf ? halfFile : file
    const { url, bytes, sha256, headers } = await askHub(options.hub, repository, name, options.signal)
    const known = await pinned(options.folder, url)
    if (known !== null && sha256 !== null && known !== sha256 && !options.acceptsNew) throw changed(name, known, sha256)
    const expected = options.acceptsNew ? sha256 : (known ?? sha256)
    const path = join(stage.folder, name)
    const found = await fetchGraph({ url, path, bytes, sha256: expected, headers, file: name, options })
    await pin(options.folder, url, found)
    graphs.push({ ...graph, file: name, bytes, sha256: found })
  }
  await writeFile(join(stage.folder, 'model.json'), `${JSON.stringify({ ...description, graphs }, null, 2)}\n`)
  return stage
}

async function stageOther(options: InstallOptions): Promise<Stage> {
  const { what } = options
  const isUrl = /^https?:\/\//.test(what)
  const source = isUrl ? what.replace(/(\/model\.json)?\/?$/, '/model.json') : await localDescription(what)
  const text = isUrl ? await fetchText(source, options.signal) : await readFile(source, 'utf8')
  const model = parseModel(text, source)
  const stage = stageFor(options.folder, model.name)
  await mkdir(stage.folder, { recursive: true })
  const here = await graphsHere(model.name, options)
  for (const { file, sha256, bytes } of model.graphs) {
    if (here.has(sha256)) continue
    const path = join(stage.folder, file)
    if (isUrl) await fetchGraph({ url: new URL(file, source).href, path, bytes, sha256, headers: {}, file, options })
    else await copyGraph(join(source, '..', file), path, { bytes, sha256 })
  }
  await writeFile(join(stage.folder, 'model.json'), text)
  return stage
}

/** Names what can be installed when `what` is none of it. */
async function localDescription(what: string): Promise<string> {
  const path = isAbsolute(what) ? what : resolve(what)
  const info = await stat(path).catch(() => null)
  if (info?.isDirectory()) return join(path, 'model.json')
  if (info) return path
  const names = OFFERS.map(({ name }) => name).join(', ')
  throw new UserError(
    `'${what}' is neither a model of the catalogue (${names}) nor a folder or URL with a model.json.`,
    {
      code: 'model-not-found',
    },
  )
}

/** Graphs of other models here; what the model itself has now is replaced. */
async function graphsHere(name: string, { folder, others }: InstallOptions): Promise<Set<string>> {
  const { models } = await Shelf.open([...others, folder])
  const lasting = models.filter((model) => model.name !== name)
  return new Set(lasting.flatMap(({ graphs }) => graphs.map(({ sha256 }) => sha256)))
}

async function fetchGraph({
  url,
  path,
  bytes,
  sha256,
  headers,
  file,
  options,
}: {
  url: string
  path: string
  bytes: number
  sha256: string | null
  headers: Record<string, string>
  file: string
  options: InstallOptions
}): Promise<string> {
  const there = await stat(path).catch(() => null)
  if (there?.size === bytes && sha256 !== null && (await hashOf(path)) === sha256) return sha256
  return download({
    url,
    path,
    bytes,
    sha256,
    mostBytes: MOST_GRAPH_BYTES,
    headers,
    signal: options.signal,
    onProgress: (so) => options.onProgress?.({ file, bytes: so, of: bytes }),
  })
}

async function copyGraph(
  from: string,
  to: string,
  { bytes, sha256 }: { bytes: number; sha256: string },
): Promise<void> {
  const info = await stat(from).catch((cause: unknown) => {
    throw new UserError(`Cannot read ${from}: ${messageOf(cause)}.`, { code: 'model-broken', cause })
  })
  if (info.size !== bytes)
    throw new UserError(`${from} has ${info.size} bytes, not ${bytes}.`, { code: 'model-broken' })
  await copyFile(from, to)
  const found = await hashOf(to)
  if (found !== sha256) throw new UserError(`${from}: its SHA-256 is ${found}, not ${sha256}.`, { code: 'wrong-hash' })
}

async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  const stop = AbortSignal.any([signal, AbortSignal.timeout(30_000)])
  const response = await fetch(url, { signal: stop }).catch((cause: unknown) => {
    throw new UserError(`Cannot reach ${new URL(url).host}: ${messageOf(cause)}.`, { code: 'download', cause })
  })
  if (!response.ok) refuse(response, url)
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString('utf8')
    if (text.length > MOST_DESCRIPTION_BYTES)
      throw new UserError(`${url} is no model.json: it is too long.`, { code: 'download' })
  }
  return text
}

/** What a file of the hub hashed to when it was first installed here; a later change of it is not taken silently. */
async function pinned(folder: string, url: string): Promise<string | null> {
  return (await readPins(folder))[url] ?? null
}

/** Written whole or not at all. */
async function pin(folder: string, url: string, sha256: string): Promise<void> {
  const path = join(folder, PINS)
  await writeFile(`${path}.part`, `${JSON.stringify({ ...(await readPins(folder)), [url]: sha256 }, null, 2)}\n`)
  await rename(`${path}.part`, path)
}

async function readPins(folder: string): Promise<Record<string, string>> {
  const text = await readFile(join(folder, PINS), 'utf8').catch(() => '{}')
  try {
    return JSON.parse(text) as Record<string, string>
  } catch {
    return {}
  }
}

function changed(file: string, pin: string, sha256: string): UserError {
  return new UserError(
    `${file} is not the file it was when it was first installed here (SHA-256 ${pin}, now ${sha256}). If that is meant, put --accept-new.`,
    { code: 'wrong-hash' },
  )
}
