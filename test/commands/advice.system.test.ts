import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, rmdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Ended, inShell, runCommand } from '../support/command.ts'
import { freePort } from '../support/ports.ts'
import { makeSong, wavOf } from '../support/songs.ts'
import { startProcess } from '../support/system.ts'
import { until } from '../support/wait.ts'

const START_TIMEOUT_MS = 60_000
/** As `openssl rand -base64 18` makes them. */
const SECRET = 'k3Jd0aLq9ZpVxY7mT2Wc8Rf1'

let folder: string
let song: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'minus-one-advice-'))
  song = join(folder, 'a.wav')
  await writeFile(song, wavOf(makeSong(1)))
})
after(() => rm(folder, { recursive: true, force: true }))

describe('what separate advises', () => {
  async function separate(words: readonly string[], advice: RegExp | null): Promise<Ended> {
    const ended = await runCommand(['separate', ...words, '--stems', 'vocals', '--processors', '1'])
    if (advice) assert.match(ended.said, advice)
    assert.equal(ended.code === 0, advice === null, ended.said)
    return ended
  }

  test('--force, another folder, or moving it away when an output exists', async () => {
    const out = join(folder, 'there')
    await mkdir(join(out, 'a', 'vocals.wav'), { recursive: true })
    await separate([song, '-o', out, '--force'], /Move it away, or choose another folder .*-o/)
    await separate([song, '-o', join(folder, 'elsewhere')], null)
    await rmdir(join(out, 'a', 'vocals.wav'))
    await separate([song, '-o', out], null)
    await separate([song, '-o', out], /--force overwrites it, and -o writes to another folder/)
    await separate([song, '-o', out, '--force'], null)
  })

  test('naming the folders when a folder has songs only in folders', async () => {
    await mkdir(join(folder, 'outer', 'inner'), { recursive: true })
    await writeFile(join(folder, 'outer', 'inner', 'b.wav'), wavOf(makeSong(1)))
    const out = ['-o', join(folder, 'named')]
    await separate([join(folder, 'outer'), ...out], /Folders in it are not entered: name them/)
    await separate([join(folder, 'outer', 'inner'), ...out], null)
  })

  test('the names that there are when a model or a stem is unknown', async () => {
    const out = ['-o', join(folder, 'stems')]
    const { said } = await runCommand(['separate', song, ...out, '--stems', 'kazoo'])
    const [, stems = ''] = /it has ([\w, ]+)\./.exec(said) ?? []
    assert.equal((await runCommand(['separate', song, ...out, '--stems', stems])).code, 0)
    const { said: models } = await runCommand(['separate', song, ...out, '--model', 'nothing'])
    assert.match(models, /Installed: four-stems/)
    const { code, said: list } = await runCommand(['models'])
    assert.equal(code, 0)
    assert.match(list, /htdemucs/, 'minus-one models lists what can be installed')
  })

  test('chmod when a file belongs to another user', async () => {
    const out = join(folder, 'rights')
    await mkdir(out)
    await chmod(out, 0o777)
    await chmod(folder, 0o755)
    const hidden = join(folder, 'private.wav')
    await writeFile(hidden, wavOf(makeSong(1)), { mode: 0o600 })
    const asNobody = ['setpriv', '--reuid=65534', '--clear-groups', 'env', `HOME=${out}`, `XDG_CACHE_HOME=${out}`]
    const words = ['separate', hidden, '-o', join(out, 'made'), '--stems', 'vocals']
    assert.match((await runCommand(words, asNobody)).said, /Change that with chmod/)
    await chmod(hidden, 0o644)
    assert.equal((await runCommand(words, asNobody)).code, 0)
  })
})

describe('what other commands advise', () => {
  test('no installation of a model that nobody offers', async () => {
    const { said } = await runCommand(['doctor', '--model', 'unheard-of'])
    assert.doesNotMatch(said, /models install unheard-of/)
    const [, model = ''] = /set MODEL to one of ([\w-]+)/.exec(said) ?? []
    assert.equal((await runCommand(['doctor', '--model', model])).code, 0)
  })

  test('another folder for models, by its own setting, when it cannot be made', async () => {
    const { code, said } = await runCommand(['models', 'install', 'umxhq'], ['env', 'MODELS_DIR=/proc/x'])
    assert.equal(code, 1)
    assert.match(said, /\/proc\/x: No folder can be made there\. Name another place/)
    assert.doesNotMatch(said, /DATA_DIR/)
  })
})

describe('what a server that does not start advises', () => {
  type Settings = Record<string, string>

  /** What it says where it does not start; null where it does. */
  async function refusal(settings: Settings, flags: readonly string[] = [], before: readonly string[] = []) {
    const base = { DATA_DIR: join(folder, 'data'), PORT: String(await freePort()), WORKERS_HEALTHY: '0' }
    const server = startProcess(['serve', ...flags], { ...base, ...settings }, before)
    try {
      const hasEnded = () => server.child.exitCode !== null
      const isUp = () => server.log().includes('listening at')
      await until('it is up, or has ended', () => isUp() || hasEnded(), { timeoutMs: START_TIMEOUT_MS })
      return isUp() ? null : server.log()
    } finally {
      await server.stop()
    }
  }

  /** Holds that it does not start and says what to do, and that each way to do that is enough. */
  async function assertMended(settings: Settings, advice: RegExp, by: readonly Settings[]): Promise<void> {
    assert.match((await refusal(settings)) ?? 'it started', advice)
    for (const each of by) assert.equal(await refusal({ ...settings, ...each }), null)
  }

  test('a token, or only this machine, when the address is open to others', async () => {
    const open = { HOST: '0.0.0.0' }
    const advice = /Set ACCESS_TOKEN, or put --open .*, or leave HOST on 127\.0\.0\.1/
    await assertMended(open, advice, [{ ACCESS_TOKEN: SECRET }, { HOST: '127.0.0.1' }])
    assert.equal(await refusal(open, ['--open']), null)
    const short = { ...open, ACCESS_TOKEN: 'short-token' }
    await assertMended(short, /openssl rand -base64 18/, [{ ACCESS_TOKEN: SECRET }])
  })

  test('a password, and a server that workers reach, when the broker is open to others', async () => {
    const listen = { BROKER_LISTEN: `0.0.0.0:${await freePort()}` }
    assert.match((await refusal(listen)) ?? '', /BROKER_PASSWORD[\s\S]*openssl rand -base64 18/)
    const local = { ...listen, BROKER_PASSWORD: SECRET }
    const advice = /Set HOST \(0\.0\.0\.0, with ACCESS_TOKEN or --open\)/
    await assertMended(local, advice, [{ HOST: '0.0.0.0', ACCESS_TOKEN: SECRET }])
  })

  test('another port when the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as { port: number }
    const other = await freePort()
    try {
      await assertMended({ PORT: String(port) }, /Choose another port with --port/, [])
      assert.equal(await refusal({ PORT: String(port) }, ['--port', String(other)]), null)
      const listen = `127.0.0.1:${port}`
      const by = [{ BROKER_LISTEN: `127.0.0.1:${other}` }]
      await assertMended({ BROKER_LISTEN: listen }, /BROKER_LISTEN: .* Choose another port/, by)
    } finally {
      taken.close()
    }
  })

  test('a port from 1024 on when only root may use the port', async () => {
    const data = join(folder, 'of-nobody')
    await mkdir(data)
    await chmod(data, 0o777)
    await chmod(folder, 0o755)
    const script =
      'ip link set lo up; echo 1024 > /proc/sys/net/ipv4/ip_unprivileged_port_start; exec setpriv --reuid=65534 --clear-groups "$@"'
    const asNobody = ['unshare', '--net', ...inShell(script)]
    const own = { DATA_DIR: join(data, 'songs'), HOME: data, XDG_CACHE_HOME: data, XDG_RUNTIME_DIR: data }
    const said = (await refusal({ ...own, PORT: '80' }, [], asNobody)) ?? ''
    assert.match(said, /may not listen on port 80\. Choose one from 1024 on with --port/)
    assert.equal(await refusal({ ...own, PORT: '80' }, ['--port', '1080'], asNobody), null)
    const broker = (await refusal({ ...own, BROKER_LISTEN: '127.0.0.1:61' }, [], asNobody)) ?? ''
    assert.match(broker, /BROKER_LISTEN: this user may not listen on port 61\. Choose one from 1024 on/)
  })

  test('an address of this machine when the address is foreign', async () => {
    const advice = /Set HOST to one of its own, such as 127\.0\.0\.1/
    await assertMended({ HOST: '192.0.2.1', ACCESS_TOKEN: SECRET }, advice, [{ HOST: '127.0.0.1' }])
  })

  test('another data folder when it cannot be made or holds other things', async () => {
    const by = [{ DATA_DIR: join(folder, 'new') }]
    await assertMended({ DATA_DIR: '/proc/x' }, /Set DATA_DIR to a folder/, by)
    await assertMended({ DATA_DIR: song }, /Set DATA_DIR to a folder/, by)
    await mkdir(join(folder, 'thesis'))
    await writeFile(join(folder, 'thesis', 'thesis.tex'), 'mine')
    await mkdir(join(folder, 'empty'))
    const ways = [...by, { DATA_DIR: join(folder, 'empty') }, { DATA_DIR: join(folder, 'not-there-yet') }]
    await assertMended({ DATA_DIR: join(folder, 'thesis') }, /to an empty folder/, ways)
  })

  test('removing a mark or a lock that cannot be read', async () => {
    const data = join(folder, 'marked')
    assert.equal(await refusal({ DATA_DIR: data }), null)
    for (const [name, advice] of [
      ['minus-one.json', /remove that file\. It is created again/],
      ['lock.sqlite', /is not a Minus One lock file; stop every server on this folder, then remove that file/],
    ] as const) {
      await writeFile(join(data, name), 'this is neither')
      assert.match((await refusal({ DATA_DIR: data })) ?? 'it started', advice)
      await rm(join(data, name))
      assert.equal(await refusal({ DATA_DIR: data }), null)
    }
  })
})
