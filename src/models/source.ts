import type { Stats } from 'node:fs'
import { copyFile, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { hashOfFile } from '../platform/hash-of-file.ts'
import { messageOf, UserError } from '../song/errors.ts'
import { OFFERS, type Offer } from './catalogue.ts'
import { MAX_GRAPH_BYTES, parseModel } from './description.ts'
import { type Download, download, refuse } from './download.ts'
import { askHub } from './hub.ts'
import type { InstallOptions } from './install.ts'
import { InstalledModels } from './installed-models.ts'
import { openUrl } from './open-url.ts'
import { pin, pinned } from './pins.ts'

const MAX_DESCRIPTION_BYTES = 1 << 20
const DESCRIPTION_TIMEOUT_MS = 30_000

/** The origin of a model: its name, and the way to get its files. */
export type Source = {
  name: string
  /** Whether the files come over the network. An interrupted installation should then be continued. */
  isRemote: boolean
  files: SourceFile[]
  /** The text of model.json for files with these hashes. */
  textWith(hashes: readonly string[]): string
}

export type SourceFile = {
  file: string
  /** The SHA-256 that it must have; null when it is unknown. */
  sha256: string | null
  /** Fetches or copies the file to a path, verifies it, and returns its SHA-256. */
  bring(path: string): Promise<string>
}

/** Throws a UserError for an unknown `what`. The message lists what can be installed. */
export function sourceOf(options: InstallOptions): Promise<Source> {
  const offer = OFFERS.find(({ name }) => name === options.what)
  return offer ? offered(offer, options) : described(options)
}

async function offered(offer: Offer, options: InstallOptions): Promise<Source> {
  const { hub, folder, isHalf, acceptsNew, signal, network } = options
  const { megabytes: _, ...description } = offer
  const graphs: Record<string, unknown>[] = []
  const files: SourceFile[] = []
  for (const { repository, file: whole, halfFile, ...graph } of offer.graphs) {
    const file = isHalf ? halfFile : whole
    const { url, bytes, sha256, headers } = await askHub({ hub, repository, file, signal, network })
    const known = await pinned(folder, url)
    if (known !== null && sha256 !== null && known !== sha256 && !acceptsNew) throw changed(file, known, sha256)
    const expected = acceptsNew ? sha256 : (known ?? sha256)
    graphs.push({ ...graph, file, bytes })
    files.push({
      file,
      sha256: expected,
      async bring(path) {
        const found = await fetchGraph({ url, path, bytes, sha256: expected, headers, file, options })
        await pin(folder, url, found)
        return found
      },
    })
  }
  const textWith = (hashes: readonly string[]) => {
    const hashed = graphs.map((graph, index) => ({ ...graph, sha256: hashes[index] }))
    return `${JSON.stringify({ ...description, graphs: hashed }, null, 2)}\n`
  }
  return { name: offer.name, isRemote: true, files, textWith }
}

async function described(options: InstallOptions): Promise<Source> {
  const { what } = options
  const isRemote = /^https?:/i.test(what)
  const source = isRemote ? descriptionUrl(what) : await localDescription(what)
  const text = isRemote ? await fetchText(source, options) : await readFile(source, 'utf8')
  const { name, graphs } = parseModel(text, isRemote ? withoutSecrets(source) : source)
  const here = await graphsHere(name, options)
  const wanted = graphs.filter(({ sha256 }) => !here.has(sha256))
  const files = wanted.map(({ file, sha256, bytes }) => ({
    file,
    sha256,
    bring: (path: string) =>
      isRemote
        ? fetchGraph({ url: new URL(file, source).href, path, bytes, sha256, headers: {}, file, options })
        : copyGraph(join(source, '..', file), path, { bytes, sha256 }),
  }))
  return { name, isRemote, files, textWith: () => text }
}

function descriptionUrl(what: string): string {
  const url = URL.parse(what)
  if (!url?.hostname || !/^https?:\/\/[^/]/i.test(what))
    throw new UserError(`'${what}' is no URL. Give it as in https://host/folder.`, { code: 'model-not-found' })
  url.pathname = url.pathname.replace(/(\/model\.json)?\/?$/, '/model.json')
  return url.href
}

async function localDescription(what: string): Promise<string> {
  const path = resolve(what)
  const found = what === '' ? null : await stat(path).catch(() => null)
  if (!found) {
    const names = OFFERS.map(({ name }) => name).join(', ')
    throw new UserError(
      `'${what}' is neither a model of the catalogue (${names}) nor a folder or URL with a model.json.`,
      { code: 'model-not-found' },
    )
  }
  if (!found.isDirectory()) return descriptionFile(path, found)
  const inside = join(path, 'model.json')
  const description = await stat(inside).catch(() => null)
  if (!description) throw new UserError(`${path} holds no model.json.`, { code: 'model-not-found' })
  return descriptionFile(inside, description)
}

function descriptionFile(path: string, found: Stats): string {
  if (!found.isFile()) throw new UserError(`${path} is no file.`, { code: 'model-not-found' })
  if (found.size > MAX_DESCRIPTION_BYTES) throw tooLong(path)
  return path
}

/** Hashes of the graphs of other installed models. The model's own graphs do not count, because they are replaced. */
async function graphsHere(name: string, { folder, others }: InstallOptions): Promise<Set<string>> {
  const { all: models } = await InstalledModels.open([...others, folder])
  const lasting = models.filter((model) => model.name !== name)
  return new Set(lasting.flatMap(({ graphs }) => graphs.map(({ sha256 }) => sha256)))
}

async function fetchGraph({
  file,
  options: { signal, network, onProgress },
  ...wanted
}: Pick<Download, 'url' | 'path' | 'sha256' | 'headers'> & {
  bytes: number
  file: string
  options: InstallOptions
}): Promise<string> {
  const { path, bytes, sha256 } = wanted
  const there = await stat(path).catch(() => null)
  if (there?.size === bytes && sha256 !== null && (await hashOfFile(path)) === sha256) return sha256
  return download({
    ...wanted,
    maxBytes: MAX_GRAPH_BYTES,
    signal,
    network,
    onProgress: (so) => onProgress?.({ file, bytes: so, of: bytes }),
  })
}

async function copyGraph(
  from: string,
  to: string,
  { bytes, sha256 }: { bytes: number; sha256: string },
): Promise<string> {
  const info = await stat(from).catch((cause: unknown) => {
    throw new UserError(`Cannot read ${from}: ${messageOf(cause)}.`, { code: 'model-broken', cause })
  })
  if (info.size !== bytes)
    throw new UserError(`${from} has ${info.size} bytes, not ${bytes}.`, { code: 'model-broken' })
  await copyFile(from, to)
  const found = await hashOfFile(to)
  if (found !== sha256) throw new UserError(`${from}: its SHA-256 is ${found}, not ${sha256}.`, { code: 'wrong-hash' })
  return found
}

async function fetchText(url: string, { signal, network }: InstallOptions): Promise<string> {
  const stop = AbortSignal.any([signal, AbortSignal.timeout(DESCRIPTION_TIMEOUT_MS)])
  const answer = await openUrl({ url, signal: stop, network }).catch((cause: unknown) => {
    if (cause instanceof UserError) throw cause
    throw new UserError(`Cannot reach ${new URL(url).host}: ${messageOf(cause)}.`, { code: 'download', cause })
  })
  try {
    refuse(answer, url)
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > MAX_DESCRIPTION_BYTES) throw tooLong(withoutSecrets(url))
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  } finally {
    answer.destroy()
  }
}

/** A URL for messages: without user name, password and parameters. */
function withoutSecrets(url: string): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}

function tooLong(where: string): UserError {
  return new UserError(`${where} is no model.json: it is too long.`, { code: 'download' })
}

function changed(file: string, pin: string, sha256: string): UserError {
  return new UserError(
    `${file} has changed since it was first installed here (SHA-256 ${pin}, now ${sha256}). If the change is intended, use --accept-new.`,
    { code: 'wrong-hash' },
  )
}
