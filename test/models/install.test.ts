import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { type InstallOptions, installModel } from '../../src/models/install.ts'
import { Shelf, type ShelvedModel } from '../../src/models/shelf.ts'
import { type FakeHub, startHub } from '../support/hub.ts'
import { gainGraph, writeModel } from '../support/onnx.ts'

const FILE = 'StemSplitio/htdemucs-onnx/htdemucs.onnx'

describe('installing a model', () => {
  let hub: FakeHub
  let folder: string
  let elsewhere: string
  const graph = gainGraph([0.5, 0.2, 0.2, 0.1], 343_980)

  before(async () => {
    hub = await startHub()
  })
  after(() => hub.close())
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

  function install(what: string, changes: Partial<InstallOptions> = {}): Promise<ShelvedModel> {
    return installModel({
      what,
      folder,
      others: [],
      hub: { endpoint: hub.url, token: null },
      isHalf: false,
      acceptsNew: false,
      signal: new AbortController().signal,
      tryOut: async () => undefined,
      ...changes,
    })
  }

  const installed = async () => (await Shelf.open([folder])).models.map(({ name }) => name)
  const bytesAsked = () => hub.asked.filter(({ method }) => method === 'GET')

  test('fetches it from the hub, whole and right, with the hash the hub announces', async () => {
    const told: number[] = []
    const model = await install('htdemucs', { onProgress: ({ bytes }) => told.push(bytes) })
    assert.deepEqual(model.stems, ['vocals', 'drums', 'bass', 'other'])
    assert.deepEqual(await readFile(model.paths[0] ?? ''), Buffer.from(hub.files.get(FILE) ?? []))
    assert.equal(told.at(-1), hub.files.get(FILE)?.length)
    assert.deepEqual((await readdir(folder)).sort(), ['htdemucs', 'pins.json'])
  })

  test('follows the redirect to another host, and shows it no token', async () => {
    hub.token = 'hf_secret'
    await install('htdemucs', { hub: { endpoint: hub.url, token: 'hf_secret' } })
    const [first, second] = bytesAsked()
    assert.equal(first?.token, 'Bearer hf_secret')
    assert.notEqual(second?.host, first?.host)
    assert.equal(second?.token, undefined)
  })

  test('goes on where the connection was cut', async () => {
    hub.faults.push({ kind: 'cut', times: 2 })
    await install('htdemucs')
    const ranges = bytesAsked().flatMap(({ range }) => range ?? [])
    assert.ok(ranges.length >= 2, 'the rest was asked for')
    assert.deepEqual(await installed(), ['htdemucs'])
  })

  test('waits when the hub says that it is asked too often', async () => {
    hub.faults.push({ kind: 'too-many', times: 2 })
    await install('htdemucs')
    assert.deepEqual(await installed(), ['htdemucs'])
  })

  test('what is not the announced file is thrown away and never there', async () => {
    hub.faults.push({ kind: 'wrong', times: 1 })
    await assert.rejects(install('htdemucs'), /is not the file: its SHA-256/)
    assert.deepEqual(await installed(), [])
    await install('htdemucs')
    assert.deepEqual(await installed(), ['htdemucs'])
  })

  test('more bytes than announced are not taken', async () => {
    hub.faults.push({ kind: 'longer', times: 9 })
    await assert.rejects(install('htdemucs'), /sends more than/)
    assert.deepEqual(await installed(), [])
  })

  test('says what to do when the hub does not let us in, or has no such file', async () => {
    hub.faults.push({ kind: 'unauthorized', times: 1 })
    await assert.rejects(install('htdemucs'), /HF_TOKEN/)
    hub.faults.push({ kind: 'missing', times: 1 })
    await assert.rejects(install('htdemucs'), /has no such file/)
    await assert.rejects(install('htdemucs', { hub: { endpoint: 'http://127.0.0.1:1', token: null } }), /Cannot reach/)
  })

  test('a file that is no longer what it was is not taken silently', async () => {
    await install('htdemucs')
    hub.files.set(FILE, new Uint8Array(300_000))
    await assert.rejects(install('htdemucs'), /--accept-new/)
    assert.deepEqual(
      await readFile((await Shelf.open([folder])).find('htdemucs').paths[0] ?? ''),
      Buffer.concat([graph, Buffer.alloc(200_000)]),
    )
    await install('htdemucs', { acceptsNew: true })
  })

  test('takes the weights as 16-bit floats when asked to', async () => {
    hub.files.set('StemSplitio/htdemucs-onnx/htdemucs_fp16weights.onnx', graph)
    const model = await install('htdemucs', { isHalf: true })
    assert.equal(model.graphs[0]?.file, 'htdemucs_fp16weights.onnx')
  })

  test('an interrupted one is gone on with, not begun anew', async () => {
    const stop = new AbortController()
    const isHalfThere = ({ bytes }: { bytes: number }) => bytes > 1_000 && stop.abort()
    hub.faults.push({ kind: 'stall', times: 1 })
    await assert.rejects(install('htdemucs', { signal: stop.signal, onProgress: isHalfThere }))
    assert.deepEqual(await installed(), [])
    await install('htdemucs')
    assert.ok(bytesAsked().some(({ range }) => range !== undefined))
  })

  test('any folder with a model.json will do, its files checked', async () => {
    const source = await writeModel(elsewhere)
    assert.equal((await install(source)).name, 'tiny')
    await writeFile(join(source, 'gains.onnx'), 'something else')
    await assert.rejects(install(source), /bytes, not/)
    assert.deepEqual(await installed(), ['tiny'], 'the one that was there stays')
  })

  test('one that is not usable is not installed', async () => {
    const tryOut = async () => {
      throw new Error('it ends the process that loads it')
    }
    await assert.rejects(install(await writeModel(elsewhere), { tryOut }), /ends the process/)
    assert.deepEqual(await readdir(folder), [])
  })

  test('a model.json that lies is refused in words', async () => {
    const broken: [Record<string, unknown>, RegExp][] = [
      [{ rest: 'kazoo' }, /'rest' is not among 'stems'/],
      [{ stems: ['vocals', 'vocals', 'other'] }, /a stem is named twice/],
      [{ stems: ['vocals', 'drums', 'piano', 'other'] }, /do not give every stem/],
      [{ waveform: { samples: -1 } }, /waveform/],
      [{ kind: 'magic' }, /kind/],
      [{ graphs: [] }, /graphs/],
      [{ name: '../../etc' }, /name/],
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
