import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { OWN_MODELS } from '../../src/commands/model-folders.ts'
import { type InstallOptions, installModel } from '../../src/models/install.ts'
import { type InstalledModel, InstalledModels } from '../../src/models/installed-models.ts'
import { type FakeHub, startHub } from '../support/hub.ts'
import { gainGraph, writeModel } from '../support/onnx.ts'

const FILE = 'StemSplitio/htdemucs-onnx/htdemucs.onnx'

describe('installing a model', () => {
  let hub: FakeHub
  let folder: string
  let elsewhere: string
  const servers: Server[] = []
  const graph = gainGraph([0.5, 0.2, 0.2, 0.1], 343_980)

  before(async () => {
    hub = await startHub()
  })
  after(async () => {
    for (const server of servers) server.close()
    await hub.close()
  })
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-models-'))
    elsewhere = await mkdtemp(join(tmpdir(), 'minus-one-offered-'))
    hub.files.clear()
    hub.files.set(FILE, new Uint8Array(Buffer.concat([graph, Buffer.alloc(200_000)])))
    hub.faults.length = 0
    hub.asked.length = 0
    hub.token = null
  })
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
    await rm(elsewhere, { recursive: true, force: true })
  })

  function install(what: string, changes: Partial<InstallOptions> = {}): Promise<InstalledModel> {
    return installModel({
      what,
      folder,
      others: [],
      hub: { endpoint: hub.url, token: null },
      isHalf: false,
      acceptsNew: false,
      replaces: false,
      signal: new AbortController().signal,
      tryOut: async () => undefined,
      ...changes,
    })
  }

  /** Serves the folder of a model and returns its URL. Later changes to the folder are served as well. */
  async function serveModel(source: string): Promise<string> {
    const server = createServer(async (request, response) => {
      const bytes = await readFile(join(source, request.url ?? '')).catch(() => null)
      response.writeHead(bytes ? 200 : 404).end(bytes)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  const installed = async () => (await InstalledModels.open([folder])).all.map(({ name }) => name)
  const bytesAsked = () => hub.asked.filter(({ method }) => method === 'GET')

  test('fetches a model from the hub and verifies the announced hash', async () => {
    const told: number[] = []
    const model = await install('htdemucs', { onProgress: ({ bytes }) => told.push(bytes) })
    assert.deepEqual(model.stems, ['vocals', 'drums', 'bass', 'other'])
    assert.deepEqual(await readFile(model.paths[0] ?? ''), Buffer.from(hub.files.get(FILE) ?? []))
    assert.equal(told.at(-1), hub.files.get(FILE)?.length)
    assert.deepEqual((await readdir(folder)).sort(), ['htdemucs', 'pins.json'])
  })

  test('follows a redirect to another host without sending it the token', async () => {
    hub.token = 'hf_secret'
    await install('htdemucs', { hub: { endpoint: hub.url, token: 'hf_secret' } })
    const [first, second] = bytesAsked()
    assert.equal(first?.token, 'Bearer hf_secret')
    assert.notEqual(second?.host, first?.host)
    assert.equal(second?.token, undefined)
  })

  test('continues a download where the connection was cut', async () => {
    hub.faults.push({ kind: 'cut', times: 2 })
    await install('htdemucs')
    const ranges = bytesAsked().flatMap(({ range }) => range ?? [])
    assert.ok(ranges.length >= 2, 'the rest was asked for')
    assert.deepEqual(await installed(), ['htdemucs'])
  })

  test('waits when the hub answers 429', async () => {
    hub.faults.push({ kind: 'too-many', times: 2 })
    await install('htdemucs')
    assert.deepEqual(await installed(), ['htdemucs'])
  })

  test('a file with a wrong hash is removed and never installed', async () => {
    hub.faults.push({ kind: 'wrong', times: 1 })
    await assert.rejects(install('htdemucs'), /is not the file: its SHA-256/)
    assert.deepEqual(await installed(), [])
    await install('htdemucs')
    assert.deepEqual(await installed(), ['htdemucs'])
  })

  test('a file longer than announced is refused', async () => {
    hub.faults.push({ kind: 'longer', times: 9 })
    await assert.rejects(install('htdemucs'), /sends more than/)
    assert.deepEqual(await installed(), [])
  })

  test('tells what to do when the hub refuses access or has no such file', async () => {
    hub.faults.push({ kind: 'unauthorized', times: 1 })
    await assert.rejects(install('htdemucs'), /HF_TOKEN/)
    hub.faults.push({ kind: 'missing', times: 1 })
    await assert.rejects(install('htdemucs'), /has no such file/)
    await assert.rejects(install('htdemucs', { hub: { endpoint: 'http://127.0.0.1:1', token: null } }), /Cannot reach/)
  })

  test('a file that has changed since its first installation is refused unless --accept-new is given', async () => {
    await install('htdemucs')
    hub.files.set(FILE, new Uint8Array(300_000))
    await assert.rejects(install('htdemucs'), /--accept-new/)
    assert.deepEqual(
      await readFile((await InstalledModels.open([folder])).find('htdemucs').paths[0] ?? ''),
      Buffer.concat([graph, Buffer.alloc(200_000)]),
    )
    await install('htdemucs', { acceptsNew: true })
  })

  test('installs weights as 16-bit floats on request', async () => {
    hub.files.set('StemSplitio/htdemucs-onnx/htdemucs_fp16weights.onnx', graph)
    const model = await install('htdemucs', { isHalf: true })
    assert.equal(model.graphs[0]?.file, 'htdemucs_fp16weights.onnx')
  })

  test('the next installation continues an interrupted download', async () => {
    const stop = new AbortController()
    const isIncomplete = ({ bytes }: { bytes: number }) => bytes > 1_000 && stop.abort()
    hub.faults.push({ kind: 'stall', times: 1 })
    await assert.rejects(install('htdemucs', { signal: stop.signal, onProgress: isIncomplete }))
    assert.deepEqual(await installed(), [])
    await install('htdemucs')
    assert.ok(bytesAsked().some(({ range }) => range !== undefined))
  })

  test('installs from any folder with a model.json and verifies its files', async () => {
    const source = await writeModel(elsewhere)
    assert.equal((await install(source)).name, 'tiny')
    await writeFile(join(source, 'gains.onnx'), 'something else')
    await assert.rejects(install(source), /bytes, not/)
    assert.deepEqual(await installed(), ['tiny'], 'the one that was there stays')
  })

  test('a model that fails its trial is not installed', async () => {
    const tryOut = async () => {
      throw new Error('it ends the process that loads it')
    }
    await assert.rejects(install(await writeModel(elsewhere), { tryOut }), /ends the process/)
    assert.deepEqual(await readdir(folder), [])
  })

  test('another model of the same name is replaced only with --replace; the same model may be installed again', async () => {
    const source = await writeModel(elsewhere)
    const { id } = await install(source)
    const other = await writeModel(join(elsewhere, 'other'), { gains: [1, 0, 0, 0] })
    const served = await serveModel(other)
    for (const what of [other, served])
      await assert.rejects(install(what), /tiny is installed already, and the new model differs.*--replace/)
    assert.equal((await InstalledModels.open([folder])).find('tiny').id, id)
    assert.equal((await install(source)).id, id)
    assert.notEqual((await install(served, { replaces: true })).id, id)
    assert.deepEqual(await readdir(folder), ['tiny'])
  })

  test('a model of the hub does not replace a person’s own of the same name, and is refused before the download', async () => {
    const { id } = await install(await writeModel(elsewhere, { name: 'htdemucs' }))
    await assert.rejects(install('htdemucs'), /htdemucs is installed already/)
    assert.deepEqual(bytesAsked(), [])
    assert.equal((await InstalledModels.open([folder])).find('htdemucs').id, id)
  })

  test('a name that looks like a file, or cannot be typed, is refused', async () => {
    const names = 'pins.json PINS.JSON pins.json.part a.onnx .hidden a. -a CON nul.x com1 a/b'.split(' ')
    for (const name of [...names, 'a b', 'a'.repeat(65), '', 'ä']) {
      const source = await writeModel(elsewhere)
      const text = await readFile(join(source, 'model.json'), 'utf8')
      await writeFile(join(source, 'model.json'), JSON.stringify({ ...JSON.parse(text), name }))
      await assert.rejects(install(source), /does not describe a model[\s\S]*name/, name)
    }
    assert.deepEqual(await readdir(folder), [])
  })

  test('a name of the program’s own models, or one that differs from another only in case, is refused', async () => {
    await install(await writeModel(elsewhere))
    for (const [name, words] of [
      ['four-stems', /the name of a model that comes with the program/],
      ['Four-Stems', /the name of a model that comes with the program/],
      ['Tiny', /too similar to 'tiny'/],
      ['HTDemucs', /too similar to 'htdemucs'/],
    ] as const) {
      const source = await writeModel(elsewhere, { name })
      await assert.rejects(install(source, { others: [OWN_MODELS], replaces: true }), words)
    }
    assert.deepEqual(await readdir(folder), ['tiny'])
  })

  test('a damaged pins.json stops an installation and is not overwritten', async () => {
    for (const make of [
      () => writeFile(join(folder, 'pins.json'), 'half of'),
      () => rm(join(folder, 'pins.json')).then(() => mkdir(join(folder, 'pins.json'))),
    ]) {
      await make()
      await assert.rejects(install('htdemucs'), /pins\.json cannot be read\. .* mend it, or delete it/)
    }
    assert.deepEqual(await readdir(folder), ['pins.json'])
  })

  test('a refused model leaves no files', async () => {
    const source = await writeModel(elsewhere)
    const text = await readFile(join(source, 'model.json'), 'utf8')
    const lying = (changes: object) => {
      const [first] = (JSON.parse(text) as { graphs: object[] }).graphs
      return writeFile(
        join(source, 'model.json'),
        JSON.stringify({ ...JSON.parse(text), graphs: [{ ...first, ...changes }] }),
      )
    }
    const served = await serveModel(source)
    for (const [changes, words] of [
      [{ bytes: 2 ** 50 }, /bytes/],
      [{ bytes: 100 }, /bytes/],
      [{ sha256: 'a'.repeat(64) }, /SHA-256/],
      [{ file: 'missing.onnx' }, /Cannot read|no such file/],
    ] as const) {
      await lying(changes)
      for (const what of [source, served]) await assert.rejects(install(what), words)
      assert.deepEqual(await readdir(folder), [], JSON.stringify(changes))
    }
    for (const fault of ['unauthorized', 'missing', 'wrong', 'longer'] as const) {
      hub.faults.push({ kind: fault, times: 1 })
      await assert.rejects(install('htdemucs'))
      assert.deepEqual(await readdir(folder), [], fault)
    }
  })

  test('the files of a killed installation are used for a day, and no other files get into the model', async () => {
    const stage = join(folder, '.installing-htdemucs', 'htdemucs')
    const old = join(folder, '.installing-old', 'old')
    for (const place of [stage, old]) await mkdir(place, { recursive: true })
    const whole = Buffer.from(hub.files.get(FILE) ?? [])
    await writeFile(join(stage, 'htdemucs.onnx.part'), whole.subarray(0, 5_000))
    await writeFile(join(stage, 'stray.onnx'), 'of another version')
    await writeFile(join(old, 'old.onnx.part'), 'half')
    const twoDaysAgo = Date.now() / 1000 - 2 * 86_400
    for (const path of [join(old, 'old.onnx.part'), old, join(old, '..')]) await utimes(path, twoDaysAgo, twoDaysAgo)
    const model = await install('htdemucs')
    assert.deepEqual(
      bytesAsked().flatMap(({ range }) => range ?? []),
      Array(2).fill('bytes=5000-'),
    )
    assert.deepEqual((await readdir(model.folder)).sort(), ['htdemucs.onnx', 'model.json'])
    assert.deepEqual((await readdir(folder)).sort(), ['htdemucs', 'pins.json'])
  })

  test('an answer that is not a model.json is not quoted in the message', async () => {
    hub.files.set('wrong/model.json', Buffer.from('root:x:0:0:the secret'))
    await assert.rejects(install(`${hub.storeUrl}/wrong`), (error: Error) => {
      assert.match(error.message, /wrong\/model\.json does not describe a model: it is not JSON\./)
      return true
    })
  })

  test('a model.json with wrong values is refused with a message for a person', async () => {
    const broken: [Record<string, unknown>, RegExp][] = [
      [{ rest: 'kazoo' }, /'rest' is not among 'stems'/],
      [{ stems: ['vocals', 'vocals', 'other'] }, /a stem is named twice/],
      [{ stems: ['vocals', 'drums', 'piano', 'other'] }, /do not give every stem/],
      [{ waveform: { samples: -1 } }, /waveform/],
      [{ kind: 'magic' }, /kind/],
      [{ graphs: [] }, /graphs/],
      [{ name: '../../etc' }, /name/],
      [{ title: 'Mine\u001b[2J' }, /it holds control characters[\s\S]*title/],
      [{ licence: 'MIT\u202eevil' }, /it holds control characters[\s\S]*licence/],
    ]
    for (const [changes, expected] of broken) {
      const source = await writeModel(elsewhere)
      const text = await readFile(join(source, 'model.json'), 'utf8')
      await writeFile(join(source, 'model.json'), JSON.stringify({ ...JSON.parse(text), ...changes }))
      await assert.rejects(install(source), expected)
    }
    await assert.rejects(install('kazoo-separator'), /htdemucs, htdemucs_ft, htdemucs_6s/)
    assert.deepEqual(await installed(), [])
  })
})
