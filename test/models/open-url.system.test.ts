import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { lookup } from 'node:dns'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, LookupFunction } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { type Network, openUrl, type UrlRequest } from '../../src/models/open-url.ts'
import { isPublicAddress } from '../../src/models/public-address.ts'

describe('public addresses', () => {
  test('public addresses are recognised in every notation', () => {
    const urls = ['2130706433', '0x7f.1', '017700000001', '127.1', '[::ffff:127.0.0.1]', '[::1]', '0', '[::]']
    const written = urls.map((host) => new URL(`http://${host}`).hostname.replace(/[[\]]/g, ''))
    const others =
      '10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 100.127.255.255 198.18.0.1'
    const sixes =
      '::ffff:10.0.0.1 fe80::1 fe80::1%eth0 fc00::1 fd00::1 ff02::1 64:ff9b::7f00:1 2002:7f00:1:: ::127.0.0.1'
    for (const address of [...written, ...others.split(' '), ...sixes.split(' '), '224.0.0.1', '255.255.255.255', 'x'])
      assert.equal(isPublicAddress(address), false, address)
    const internet = '8.8.8.8 172.32.0.1 100.128.0.1 192.167.1.1 2001:4860:4860::8888 ::ffff:8.8.8.8 64:ff9b::8.8.8.8'
    for (const address of internet.split(' ')) assert.equal(isPublicAddress(address), true, address)
  })
})

/** One server at several addresses: 127.0.0.2 counts as public, the others as this network. */
describe('following redirects', () => {
  let port: number
  let asked: IncomingMessage[]
  let answers: Record<string, string>
  let names: Record<string, string[]>
  const listener: RequestListener = (request, response) => {
    asked.push(request)
    const location = answers[request.url ?? '']
    if (location === undefined) response.end('the secret')
    else response.writeHead(302, { location: location.replace('PORT', String(port)) }).end('moved')
  }
  const server = createServer(listener)

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
    port = (server.address() as AddressInfo).port
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    asked = []
    answers = {}
    names = { 'public.example': ['127.0.0.2'], 'private.example': ['127.0.0.1'] }
  })

  const lookupName: LookupFunction = (name, options, tell) => {
    const [address = name, ...later] = names[name] ?? []
    if (later.length > 0) names[name] = later
    return lookup(address, options, tell)
  }
  const network: Network = { lookup: lookupName, isPublic: (address) => address === '127.0.0.2' }

  async function open(url: string, changes: Partial<UrlRequest> = {}): Promise<string> {
    const { signal } = new AbortController()
    const answer = await openUrl({ url: url.replace('PORT', String(port)), signal, network, ...changes })
    return Buffer.concat(await answer.toArray()).toString()
  }
  const paths = () => asked.map(({ url }) => url)

  test('a redirect from a public host into this network is refused, by address and by name', async () => {
    for (const host of ['127.0.0.1', '2130706433', '[::ffff:127.0.0.1]', 'private.example', 'localhost', '0.0.0.0']) {
      asked = []
      answers = { '/model.json': `http://${host}:PORT/admin` }
      for (const first of ['127.0.0.2', 'public.example']) {
        await assert.rejects(open(`http://${first}:PORT/model.json`), (error: Error) => {
          assert.match(error.message, /is on this machine or its network.*not followed/)
          assert.doesNotMatch(error.message, /secret/)
          return true
        })
      }
      assert.deepEqual(paths(), ['/model.json', '/model.json'], host)
    }
  })

  test('a redirect into this network is refused over several hops, and when a name changes its address', async () => {
    answers = { '/a': 'http://public.example:PORT/b', '/b': 'http://private.example:PORT/c' }
    await assert.rejects(open('http://127.0.0.2:PORT/a'), /private\.example:\d+ is on this machine/)
    names['public.example'] = ['127.0.0.2', '127.0.0.1']
    answers = { '/a': '/b' }
    await assert.rejects(open('http://public.example:PORT/a'), /public\.example:\d+ is on this machine/)
    assert.ok(!paths().includes('/c'))
  })

  test('a redirect from this network to this network or to a public host is followed', async () => {
    answers = { '/a': 'http://private.example:PORT/b', '/b': 'http://public.example:PORT/c' }
    assert.equal(await open('http://127.0.0.1:PORT/a'), 'the secret')
    assert.deepEqual(paths(), ['/a', '/b', '/c'])
  })

  test('a token is sent to its own origin only, and not again when a redirect returns there', async () => {
    answers = { '/a': '/b', '/b': 'http://public.example:PORT/c', '/c': 'http://127.0.0.2:PORT/d' }
    await open('http://127.0.0.2:PORT/a', { headers: { Authorization: 'Bearer hf_secret' } })
    const tokens = asked.map(({ headers }) => headers.authorization)
    assert.deepEqual(tokens, ['Bearer hf_secret', 'Bearer hf_secret', undefined, undefined])
  })

  test('a redirect from https to http is refused, also to the same host', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'minus-one-redirects-'))
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    const words = '-x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost'
    execFileSync('openssl', ['req', ...words.split(' '), '-keyout', key, '-out', cert], { stdio: 'ignore' })
    const pem = await readFile(cert, 'utf8')
    const trusted = getCACertificates('default')
    const secure = createSecureServer({ cert: pem, key: await readFile(key) }, listener)
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve))
    try {
      setDefaultCACertificates([...trusted, pem])
      answers = { '/model.json': 'http://localhost:PORT/model.json' }
      const url = `https://localhost:${(secure.address() as AddressInfo).port}/model.json`
      await assert.rejects(open(url), /redirects from https to http; this redirect is not followed/)
      assert.equal(asked.length, 1)
    } finally {
      setDefaultCACertificates(trusted)
      secure.close()
      await rm(folder, { recursive: true })
    }
  })

  test('endless redirects, and those to other schemes, are refused with a message for a person', async () => {
    for (const location of ['file:///etc/passwd', 'ftp://public.example/x', 'http://']) {
      answers = { '/a': location }
      await assert.rejects(open('http://127.0.0.2:PORT/a'), /redirects to something that is not a web address/)
    }
    answers = { '/a': '/a' }
    await assert.rejects(open('http://127.0.0.2:PORT/a'), /redirects too many times/)
    assert.equal(paths().filter((path) => path === '/a').length, 3 + 6)
    await assert.rejects(open('http://127.0.0.2:PORT/a', { maxRedirects: 0 }), /redirects too many times/)
  })
})
