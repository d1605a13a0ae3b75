import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'

const ROOT = new URL('../../../', import.meta.url)
const ADVISORIES = '/-/npm/v1/security/advisories/bulk'

/** A registry that knows the versions in the lock file and no others. */
describe('scripts/audit.ts', () => {
  let url: string
  let folder: string
  let locked: Record<string, { version?: string }>
  /** By package, the version tagged latest where it differs from the lock file. */
  let latest: Record<string, string>
  /** By package, the severity of an advisory. Null: the registry answers no questions about advisories. */
  let advisories: Record<string, string> | null

  const server = createServer(async (request, response) => {
    const name = decodeURIComponent((request.url ?? '').slice(1))
    if (request.url === ADVISORIES && advisories === null) return void response.writeHead(405).end()
    response.setHeader('content-type', 'application/json')
    if (request.url === ADVISORIES)
      return void response.end(JSON.stringify(found(await bodyOf(request), advisories ?? {})))
    const version = locked[`node_modules/${name}`]?.version
    if (version === undefined) return void response.writeHead(404).end('{}')
    const tag = latest[name] ?? version
    const versions = Object.fromEntries([version, tag].map((each) => [each, { name, version: each, dist: {} }]))
    response.end(JSON.stringify({ name, 'dist-tags': { latest: tag }, versions }))
  })

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    folder = await mkdtemp(join(tmpdir(), 'minus-one-audit-'))
    const lock = JSON.parse(await readFile(new URL('package-lock.json', ROOT), 'utf8')) as { packages: typeof locked }
    locked = lock.packages
  })
  beforeEach(() => {
    latest = {}
    advisories = {}
  })
  after(async () => {
    server.closeAllConnections()
    server.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function audit(): Promise<{ code: number | null; said: string }> {
    const env = { ...process.env, npm_config_registry: url, npm_config_cache: folder, npm_config_fetch_retries: '0' }
    const child = spawn(process.execPath, ['scripts/audit.ts'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (said += String(bytes)))
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    return { code, said }
  }

  test('The audit passes when the registry knows no vulnerability', async () => {
    const { code, said } = await audit()
    assert.equal(code, 0, said)
    assert.match(said, /0 packages with known ones[\s\S]*0 above the latest/)
    assert.doesNotMatch(said, /NOT AUDITED/)
  })

  test('The audit fails for a high vulnerability and only names a low one', async () => {
    advisories = { fastify: 'high', pino: 'low' }
    const { code, said } = await audit()
    assert.equal(code, 1, said)
    assert.match(said, /pino: low[\s\S]*fastify has a known vulnerability: update it/)
    assert.doesNotMatch(said, /pino has a known/)
  })

  test('The audit fails for a version above the one tagged as latest', async () => {
    latest = { 'content-disposition': '2.0.1' }
    const { code, said } = await audit()
    assert.equal(code, 1, said)
    assert.match(said, /content-disposition [\d.]+ is above the latest, 2\.0\.1/)
  })

  test('The audit says NOT AUDITED and does not pass when the registry does not answer', async () => {
    advisories = null
    const { code, said } = await audit()
    assert.equal(code, 3, said)
    assert.match(said, /^NOT AUDITED: vulnerabilities \(405/m)
  })
})

async function bodyOf(request: AsyncIterable<Buffer>): Promise<Record<string, string[]>> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  const text = body[0] === 0x1f ? gunzipSync(body) : body
  return JSON.parse(text.toString()) as Record<string, string[]>
}

function found(asked: Record<string, string[]>, advisories: Record<string, string>) {
  return Object.fromEntries(
    Object.entries(advisories)
      .filter(([name]) => name in asked)
      .map(([name, severity]) => [
        name,
        [{ id: 1, url: 'https://advisories.example/1', title: 'A hole', severity, vulnerable_versions: '*' }],
      ]),
  )
}
