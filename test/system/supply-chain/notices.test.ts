import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { listOf, noticesWith } from '../../../scripts/notices.ts'

const ROOT = new URL('../../../', import.meta.url)

describe('THIRD-PARTY-NOTICES', () => {
  const packagesOf = async () =>
    (
      JSON.parse(await readFile(new URL('package-lock.json', ROOT), 'utf8')) as {
        packages: Parameters<typeof listOf>[0]
      }
    ).packages

  test('The notices list the installed packages and no others', async () => {
    const text = await readFile(new URL('THIRD-PARTY-NOTICES', ROOT), 'utf8')
    assert.equal(text, noticesWith(text, listOf(await packagesOf())), "run 'node scripts/notices.ts'")
  })

  test('The notices say what the GPL asks of those who pass the program on', async () => {
    const text = await readFile(new URL('THIRD-PARTY-NOTICES', ROOT), 'utf8')
    assert.match(text, /GPL version 3[\s\S]*source/)
  })

  test('The notices script finds new packages and packages without a licence', async () => {
    const packages = await packagesOf()
    assert.match(listOf({ ...packages, 'node_modules/fastify/node_modules/new-one': { license: 'ISC' } }), /new-one/)
    assert.throws(() => listOf({ ...packages, 'node_modules/nameless': {} }), /nameless names no licence/)
  })

  test('The notices leave out packages that no code loads', async () => {
    const packages = await packagesOf()
    for (const name of ['werift-ice', '@shinyoshiaki/jspack', 'ip'])
      assert.ok(!(`node_modules/${name}` in packages), name)
    assert.equal(packages['node_modules/werift']?.link, true)
  })

  test('The lock file names no registry', async () => {
    const lock = await readFile(new URL('package-lock.json', ROOT), 'utf8')
    assert.doesNotMatch(lock, /"resolved": "https?:/)
  })
})
