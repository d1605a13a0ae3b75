import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeSong, wavOf } from '../../support/songs.ts'
import { client, startProcess, startSystem } from '../../support/system.ts'

/** ONNX Runtime's telemetry would send ten seconds after the library was loaded. */
const REPORTS_AFTER_MS = 12_000
const SEEN =
  'connect,sendto,sendmsg,sendmmsg,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,link,linkat,symlink'
const WRITES = /^(?:creat|mkdir|mkdirat|rename|renameat|renameat2|link|linkat|symlink)\(|O_WRONLY|O_RDWR|O_CREAT/
/** Devices and /proc. */
const NO_FILES = /^\/(?:dev|proc)\//

let folder: string
/** The folders for a person's files and for the files of programs. */
let home: Record<string, string>

before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'minus-one-privacy-')))
  await Promise.all(['home', 'run', 'caches/minus-one'].map((name) => mkdir(join(folder, name), { recursive: true })))
  home = {
    HOME: join(folder, 'home'),
    XDG_CACHE_HOME: join(folder, 'caches'),
    XDG_DATA_HOME: join(folder, 'home', 'data'),
    XDG_RUNTIME_DIR: join(folder, 'run'),
    TMPDIR: join(folder, 'tmp'),
  }
  await mkdir(join(folder, 'tmp'))
})
after(() => rm(folder, { recursive: true, force: true }))

/** A command prefix: strace(1) writes the calls of a program and its children to a file. The program is our child. */
function tracing(trace: string): string[] {
  return ['strace', '-D', '-f', '-qq', '-s', '300', '-e', `trace=${SEEN}`, '-e', 'signal=none', '-o', trace]
}

/** The system calls in a trace, without process ids. */
async function callsIn(trace: string): Promise<string[]> {
  const text = await readFile(trace, 'utf8')
  return text.split('\n').map((line) => line.replace(/^\d+ +/, ''))
}

function networkCalls(calls: readonly string[]): string[] {
  return calls.filter((call) => /AF_INET6?/.test(call))
}

/** The network calls that leave this machine or ask for a name (port 53, or a resolver's socket). */
function callsHome(calls: readonly string[]): string[] {
  return calls.filter((call) => {
    const isRemote = /AF_INET6?/.test(call) && !/inet_addr\("127\.|"::1"|"::ffff:127\./.test(call)
    return isRemote || /htons\(53\)|nscd|systemd\/resolve/.test(call)
  })
}

function pathsWritten(calls: readonly string[]): string[] {
  const writing = calls.filter((call) => WRITES.test(call) && !/ = -1 /.test(call))
  const paths = writing.flatMap((call) => [...call.matchAll(/"([^"]+)"/g)].map(([, path]) => path ?? ''))
  return [...new Set(paths)].filter((path) => !NO_FILES.test(path))
}

function outside(paths: readonly string[], folders: readonly string[]): string[] {
  return paths.filter((path) => !folders.some((ours) => path === ours || path.startsWith(`${ours}/`)))
}

describe('Network and file access as strace sees them', () => {
  test('Server, workers and decoders connect to this machine alone and write only where they should', async () => {
    const trace = join(folder, 'serve.trace')
    const data = join(folder, 'data')
    await mkdir(data)
    const system = await startSystem({ ...home, DATA_DIR: data, WORKERS_HEALTHY: '1' }, [], tracing(trace))
    try {
      const api = client(system.url)
      const { music_id: id } = await api.upload(wavOf(makeSong(12, 2)))
      await api.keep(id, ['drums'])
      await api.ready(id)
      await sleep(REPORTS_AFTER_MS)
    } finally {
      await system.stop()
    }
    const calls = await callsIn(trace)
    assert.ok(networkCalls(calls).length > 0, 'worker and server have spoken to each other')
    assert.deepEqual(callsHome(calls), [])
    const written = pathsWritten(calls)
    assert.ok(written.some((path) => path.startsWith(`${data}/songs/`)))
    assert.deepEqual(outside(written, [data, join(folder, 'caches', 'minus-one'), join(folder, 'run')]), [])
    assert.deepEqual(await readdir(join(folder, 'home')), [])
  })

  test('The command line connects to nothing and writes only where it should', async () => {
    const trace = join(folder, 'separate.trace')
    const [song, output] = [join(folder, 'song.wav'), join(folder, 'output')]
    await writeFile(song, wavOf(makeSong(12, 2)))
    const { ended, log } = startProcess(['separate', song, '-o', output], home, tracing(trace))
    assert.equal(await ended, 0, log())
    const calls = await callsIn(trace)
    assert.deepEqual(callsHome(calls), [])
    const written = pathsWritten(calls)
    assert.ok(written.some((path) => path.startsWith(output)))
    assert.deepEqual(outside(written, [output, join(folder, 'caches', 'minus-one')]), [])
    assert.deepEqual(await readdir(join(folder, 'home')), [])
  })
})
