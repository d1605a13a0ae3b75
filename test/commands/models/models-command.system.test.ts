import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type FakeHub, startHub } from '../../support/hub.ts'
import { externalGraph, gainGraph, writeModel } from '../../support/onnx.ts'
import { startProxy } from '../../support/proxy.ts'
import { startProcess } from '../../support/system.ts'

describe('minus-one models', () => {
  let folder: string
  let hub: FakeHub
  let settings: Record<string, string>

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-models-command-'))
    hub = await startHub()
    settings = { MODELS_DIR: join(folder, 'models'), CACHE_DIR: join(folder, 'cache'), HF_ENDPOINT: hub.url }
  })
  after(async () => {
    await hub.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function run(
    words: string[],
    environment = {},
    before: string[] = [],
  ): Promise<{ code: number | null; said: string }> {
    const { child, log } = startProcess(['models', ...words], { ...settings, ...environment }, before)
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    return { code, said: log() }
  }

  test('lists installed models and those that can be installed', async () => {
    const { code, said } = await run(['list'])
    assert.equal(code, 0, said)
    assert.match(said, /four-stems \*\s+yes\s+vocals drums bass other/)
    assert.match(said, /htdemucs_6s\s+no\s+vocals drums bass guitar piano other/)
    const rows = JSON.parse((await run(['--json'])).said) as { name: string }[]
    assert.ok(rows.some(({ name }) => name === 'htdemucs_ft'))
  })

  test('does not overwrite other files when it installs a model, nor remove them with it', async () => {
    const source = await writeModel(join(folder, 'offered-first'))
    const place = join(folder, 'models', 'tiny')
    await mkdir(place, { recursive: true })
    await writeFile(join(place, 'my weights.ckpt'), 'mine')
    const { code, said } = await run(['install', source])
    assert.equal(code, 1)
    assert.match(said, /holds files that are not a model's \(my weights\.ckpt\).*Nothing was touched/)
    await rm(join(place, 'my weights.ckpt'))
    assert.equal((await run(['install', source])).code, 0)
    await writeFile(join(place, 'notes.txt'), 'mine')
    assert.match(
      (await run(['remove', 'tiny'])).said,
      /tiny was removed\. .* stays: it holds other files \(notes\.txt\)/,
    )
    assert.equal(await readFile(join(place, 'notes.txt'), 'utf8'), 'mine')
    await rm(place, { recursive: true })
  })

  test('installs a model from a folder, tries it, describes it, and removes it', async () => {
    const offered = await writeModel(join(folder, 'offered'))
    const installed = await run(['install', offered])
    assert.equal(installed.code, 0, installed.said)
    assert.match((await run(['info', 'tiny'])).said, /installed\s+true[\s\S]*seconds per second\s+0\.\d+/)
    assert.match((await run(['verify', 'tiny'])).said, /^tiny: whole \(0 MB\), [\d.]+ s of sound a second, \d+ MB/m)
    assert.equal((await run(['remove', 'tiny'])).code, 0)
    const { code, said } = await run(['remove', 'tiny'])
    assert.equal(code, 2)
    assert.match(said, /no model 'tiny'/)
  })

  test('verify finds a file that was damaged after its installation', async () => {
    const offered = await writeModel(join(folder, 'offered'))
    assert.equal((await run(['install', offered])).code, 0)
    const file = join(folder, 'models', 'tiny', 'gains.onnx')
    const bytes = await readFile(file)
    await writeFile(file, bytes.fill(bytes[40] ? 0 : 1, 40, 41))
    const { code, said } = await run(['verify', 'tiny'])
    assert.equal(code, 1)
    assert.match(said, /damaged: its SHA-256/)
    await run(['remove', 'tiny'])
  })

  for (const [what, graph] of Object.entries({
    'bytes that are no network': new Uint8Array(4_000).fill(7),
    'half a network': gainGraph([0.5, 0.25, 0.125, 0.125], 44_100).subarray(0, 150),
    'a network of another shape': gainGraph([1, 1], 44_100),
    'a network that answers NaN': gainGraph([Number.NaN, 0.25, 0.125, 0.125], 44_100),
  })) {
    test(`${what} is not installed, and the message gives the reason`, async () => {
      const offered = await writeModel(join(folder, 'hostile'), { name: 'hostile', graph })
      const { code, said } = await run(['install', offered])
      assert.equal(code, 1, said)
      assert.match(said, /(Model hostile|hostile\/gains\.onnx) (cannot be loaded|is refused|is not usable)/)
      assert.match((await run(['info', 'hostile'])).said, /no model 'hostile'/)
    })
  }

  test('a file that is no model is refused in one line, without a stack trace', async () => {
    await mkdir(join(folder, 'empty'), { recursive: true })
    for (const [what, reason] of [
      ['', /neither a model of the catalogue/],
      [join(folder, 'empty'), /holds no model\.json/],
      ['/dev/zero', /is no file/],
      ['http://', /is no URL/],
      ['http://[::1', /is no URL/],
      ['HTTPS:nowhere', /is no URL/],
    ] as const) {
      const { code, said } = await run(['install', what])
      assert.equal(code, 2, said)
      assert.match(said, reason, what)
      assert.doesNotMatch(said, /\n\s+at |node:/, what)
    }
  })

  test('a network with values in another file is not installed, wherever that file is', async () => {
    const graph = externalGraph([0.5, 0.25, 0.125, 0.125], 44_100, 'weights.bin')
    const offered = await writeModel(join(folder, 'external'), { name: 'external', graph })
    const weights = new Uint8Array(new Float32Array(4 * 44_100).buffer)
    for (const place of [offered, folder]) await writeFile(join(place, 'weights.bin'), weights)
    const { code, said } = await run(['install', offered], {}, ['env', '-C', folder])
    assert.equal(code, 1, said)
    assert.match(said, /it takes values from another file \(external data\)/)
    assert.ok(!(await readdir(join(folder, 'models'))).some((name) => name.includes('external')))
    assert.deepEqual(await readdir(join(folder, 'cache', 'graphs')).catch(() => []), [])
  })

  test('replaces a model by another one only with --replace', async () => {
    assert.equal((await run(['install', await writeModel(join(folder, 'offered'))])).code, 0)
    const other = await writeModel(join(folder, 'offered-other'), { title: 'Another one' })
    const { code, said } = await run(['install', other])
    assert.equal(code, 1, said)
    assert.match(said, /tiny is installed already.*--replace/)
    assert.match((await run(['info', 'tiny'])).said, /A tiny one/)
    assert.equal((await run(['install', '--replace', other])).code, 0)
    assert.match((await run(['info', 'tiny'])).said, /Another one/)
    await run(['remove', 'tiny'])
  })

  test('downloads through a proxy that the environment names', async () => {
    const far = await startHub({ storeUrl: 'http://store.example' })
    far.files.set('StemSplitio/htdemucs-onnx/htdemucs.onnx', gainGraph([0.5, 0.2, 0.2, 0.1], 343_980))
    const proxy = await startProxy({ 'hub.example': far.url, 'store.example': far.storeUrl })
    try {
      const environment = { HF_ENDPOINT: 'http://hub.example', HTTP_PROXY: proxy.url }
      const { code, said } = await run(['install', 'htdemucs'], environment)
      assert.equal(code, 0, said)
      assert.deepEqual(
        [...new Set(proxy.asked.map((host) => host.replace(/:80$/, '')))],
        ['hub.example', 'store.example'],
      )
    } finally {
      await far.close()
      await proxy.close()
    }
  })
})
