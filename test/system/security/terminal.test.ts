import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { printable, printableLine } from '../../../src/platform/printable.ts'
import { heavyGraph, writeModel } from '../../support/onnx.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { startProcess } from '../../support/system.ts'

/** Clears the screen, sets the window title, begins a C1 sequence and turns the direction of writing. */
const HOSTILE = 'evil\u001b[2J\u001b]0;owned\u0007\u009b31m\u007f\r\u202egpj.\u2066\u200f\u2028\u061c'
const OBEYED = /[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u

describe('Text of others on a terminal', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-terminal-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function run(words: string[], environment: Record<string, string> = {}): Promise<string> {
    const { child, log } = startProcess(words, environment)
    await new Promise((resolve) => child.once('close', resolve))
    return log()
  }

  function assertShown(said: string): void {
    assert.match(said, /evil\\u001b\[2J/, said)
    assert.doesNotMatch(said, OBEYED)
  }

  test('Control characters are shown as escapes, and other text is unchanged', () => {
    assertShown(printable(HOSTILE))
    const harmless = 'Björk – “Jóga” 日本語 שלום\tend\n'
    assert.equal(printable(harmless), harmless)
    assert.equal(printableLine('a\nb\tc'), 'a\\u000ab\\u0009c')
  })

  test('The log escapes control characters and line breaks', () => {
    const log = JSON.stringify(new URL('../../../src/log.ts', import.meta.url).href)
    const logged = (format: string) => {
      const song = `${HOSTILE}\n2026-01-01 00:00:00 - INFO - forged`
      const code = `const { openLog } = await import(${log}); openLog({ format: '${format}' }).warn({ err: new Error(${JSON.stringify(song)}) }, ${JSON.stringify(song)})`
      return execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' })
    }
    const text = logged('text')
    assertShown(text)
    assert.equal(text.split('\n').filter((line) => /^\d{4}-/.test(line)).length, 1, text)
    const json = logged('json')
    assertShown(json)
    const { msg } = JSON.parse(json) as { msg: string }
    assert.ok(msg.startsWith(HOSTILE), 'what reads the log has the text as it was')
  })

  test('Commands escape control characters in names of files', async () => {
    assertShown(await run(['separate', join(folder, `${HOSTILE}.wav`)]))
    assertShown(await run(['separate', join(folder, `${HOSTILE}.wav`), '--json']))
    assertShown(await run(['separate', `--${HOSTILE}`]))
    assertShown(await run(['models', 'install', join(folder, HOSTILE)]))
  })

  test('Commands escape control characters in descriptions of models', async () => {
    const MODELS_DIR = join(folder, 'models')
    await mkdir(join(MODELS_DIR, HOSTILE), { recursive: true })
    await writeFile(join(MODELS_DIR, HOSTILE, 'model.json'), '{}')
    assertShown(await run(['models'], { MODELS_DIR }))
    assertShown(await run(['doctor'], { MODELS_DIR }))
  })

  test('Commands escape control characters in answers of a server', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(418).end(JSON.stringify({ error: HOSTILE }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      assertShown(await run(['doctor', '--server', `http://127.0.0.1:${(server.address() as AddressInfo).port}`]))
    } finally {
      server.close()
    }
  })

  test('Commands escape control characters in messages of ONNX Runtime', async () => {
    const MODELS_DIR = join(folder, 'failing')
    const graph = heavyGraph({ gains: [0.5, 0.2, 0.2, 0.1], samples: 44_100, products: 1, loudest: 0.001 })
    await writeModel(MODELS_DIR, { name: 'failing', graph })
    const song = join(folder, 'song.wav')
    await writeFile(song, wavOf(makeSong(1)))
    const said = await run(['separate', '--model', 'failing', '-o', folder, song], { MODELS_DIR })
    assert.match(said, /song\.wav: .*Non-zero status code/)
    assert.doesNotMatch(said, /onnxruntime:/, 'it is printed once, by us')
  })
})
