import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { inShell, runCommand } from '../../support/command.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type Process, startProcess } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

describe('minus-one separate when something fails', () => {
  let folder: string
  let song: string
  let long: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-faults-'))
    await chmod(folder, 0o755)
    song = join(folder, 'a.wav')
    long = join(folder, 'long.wav')
    await writeFile(song, wavOf(makeSong(1)))
    await writeFile(long, wavOf(makeSong(60)))
  })
  after(async () => {
    for (const { stop } of running) await stop('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  })

  const running: Process[] = []

  /** Starts a command and waits until it has said something. */
  async function startAndHear(
    words: readonly string[],
    said: RegExp,
    before: readonly string[] = [],
  ): Promise<Process> {
    const started = startProcess(words, {}, before)
    running.push(started)
    await until(`it says ${said}`, () => said.test(started.log()), { timeoutMs: 120_000 })
    return started
  }

  /** Nothing of ours is in the folder, and it is not there where we would have made it. */
  async function assertNothingLeft(out: string): Promise<void> {
    assert.deepEqual(await readdir(out).catch(() => []), [])
  }

  test('gives the reason for each song that cannot be read', async () => {
    const of = (name: string) => join(folder, name)
    await writeFile(of('empty.wav'), '')
    await writeFile(of('text.mp3'), 'this is no song')
    await symlink('loop.wav', of('loop.wav'))
    await mkdir(of('no-songs'))
    await mkdir(of('closed'), { mode: 0o700 })
    await writeFile(of('closed/a.wav'), '')
    await writeFile(of('private.wav'), wavOf(makeSong(1)), { mode: 0o600 })
    const reasons = {
      'missing.wav': /no such file.*ENOENT/,
      'a.wav/b.wav': /no such file.*ENOTDIR/,
      'loop.wav': /links.*circle.*ELOOP/,
      [`${'x'.repeat(300)}.wav`]: /as long as this.*ENAMETOOLONG/,
      'private.wav': /may not read it.*EACCES/,
      'closed/a.wav': /may not enter a folder.*EACCES/,
      'empty.wav': /empty/,
      'text.mp3': /no file of sound/,
      'no-songs': /no file of sound in this folder/,
    }
    const out = of('unread')
    await mkdir(out, { mode: 0o777 })
    await chmod(out, 0o777)
    // Root may read everything.
    const asNobody = ['setpriv', '--reuid=65534', '--clear-groups', 'env', `HOME=${out}`, `XDG_CACHE_HOME=${out}`]
    const words = ['separate', ...Object.keys(reasons).map(of), '/dev/null', '-o', join(out, 'made')]
    const { code, said } = await runCommand(words, asNobody)
    assert.equal(code, 1, said)
    for (const [name, reason] of Object.entries({ ...reasons, '/dev/null': /a device/ })) {
      const line = said.split('\n').find((each) => each.startsWith(name.startsWith('/') ? name : `${of(name)}: `))
      assert.match(line ?? `(nothing of ${name})`, reason)
    }
    await assertNothingLeft(join(out, 'made'))
  })

  test('refuses an output folder that cannot be written before it separates anything', async () => {
    for (const [out, reason] of [
      ['/proc/x', /No folder can be made there.*ENOENT/],
      [song, /A file is where a folder would have to be/],
      [join(song, 'below'), /A file is where a folder would have to be/],
    ] as const) {
      const { code, said } = await runCommand(['separate', song, '-o', out])
      assert.equal(code, 2)
      assert.match(said, reason)
      assert.match(said, /-o/)
    }
    const out = join(folder, 'read-only')
    await mkdir(out)
    const mounted = inShell('mount -t tmpfs -o ro tmpfs "$0" && exec "$@"', out)
    const { code, said } = await runCommand(
      ['separate', song, '-o', join(out, 'x')],
      ['unshare', '--mount', ...mounted],
    )
    assert.equal(code, 2, said)
    assert.match(said, /read-only.*EROFS/)
  })

  for (const format of ['wav', 'flac']) {
    test(`reports a full disk, and leaves no stem as ${format}`, async () => {
      const disk = join(folder, `full-${format}`)
      await mkdir(disk)
      const script = 'mount -t tmpfs -o size=1m tmpfs "$0" && "$@"; echo left: $(ls -A "$0")'
      const words = ['separate', long, '-o', join(disk, 'out'), '--format', format]
      const { said } = await runCommand(words, ['unshare', '--mount', ...inShell(script, disk)])
      assert.match(said, /no room left on that disk.*ENOSPC/)
      assert.match(said, /left:\n/)
    })
  }

  test('treats the limit on the size of files like a full disk', async () => {
    const out = join(folder, 'limited')
    const { code, said } = await runCommand(['separate', long, '-o', out], inShell('ulimit -f 1000; exec "$@"'))
    assert.equal(code, 1)
    assert.match(said, /may not become so large.*EFBIG/)
    await assertNothingLeft(out)
  })

  for (const [signal, exitCode] of [
    ['SIGHUP', 129],
    ['SIGTERM', 143],
  ] as const) {
    test(`removes files and folders that it made when ${signal} ends it`, async () => {
      const out = join(folder, signal)
      const { stop } = await startAndHear(['separate', long, '-o', join(out, 'inner')], /\d %/)
      assert.equal(await stop(signal), exitCode)
      assert.deepEqual((await readdir(folder)).includes(signal), false)
    })
  }

  test('removes what a killed run has left', async () => {
    const out = join(folder, 'killed')
    const { stop } = await startAndHear(['separate', long, '-o', out], /\d %/)
    await stop('SIGKILL')
    assert.equal((await readdir(out)).length, 1)
    assert.equal((await runCommand(['separate', song, '-o', out])).code, 0)
    assert.deepEqual(await readdir(out), ['a'])
  })

  test('says that it waits for a pipe, and can be interrupted meanwhile', async () => {
    const out = join(folder, 'silent')
    const pipe = join(folder, 'silent-pipe')
    const before = inShell('mkfifo "$0"; exec "$@"', pipe)
    const waiting = await startAndHear(['separate', pipe, '-o', out], /silent-pipe: reading from the pipe/, before)
    assert.equal(await waiting.stop('SIGINT'), 130)
    await assertNothingLeft(out)
  })

  test('finishes its work without a stack trace when the reader of its output is gone', async () => {
    const out = join(folder, 'head')
    const script = '"$@" --json 2>"$0" | true; cat "$0"'
    const words = ['separate', song, '-o', out, '--stems', 'vocals']
    const { said } = await runCommand(words, inShell(script, join(folder, 'stderr')))
    assert.equal(said, '')
    assert.deepEqual(await readdir(out), ['a'])
    const listed = await runCommand(['models', '--json'], inShell('"$@" 2>&1 | head -c 1 >&2'))
    assert.equal(listed.said, '[')
  })

  test('leaves existing stems unchanged when one of the new stems cannot be moved', async () => {
    const out = join(folder, 'forced')
    await mkdir(join(out, 'a', 'vocals.wav'), { recursive: true })
    await writeFile(join(out, 'a', 'bass.wav'), 'mine')
    const { code, said } = await runCommand(['separate', song, '-o', out, '--force'])
    assert.equal(code, 1)
    assert.match(said, /vocals\.wav already exists, and is a folder/)
    assert.equal(await readFile(join(out, 'a', 'bass.wav'), 'utf8'), 'mine')
  })
})
