import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { inShell, runCommand } from '../../support/command.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { filesBelow } from '../../support/system.ts'

const WAV_HEADER_BYTES = 44
const SOUND = wavOf(makeSong(1))
const LONG = 'x'.repeat(251)

describe('minus-one separate with songs of any name and place', () => {
  let folder: string
  let expected: Buffer

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-names-'))
    await writeFile(join(folder, 'a.wav'), SOUND)
    await separate([join(folder, 'a.wav')], 'expected')
    expected = await soundOf('expected/a/vocals.wav')
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const ONLY_VOICE = ['--stems', 'vocals', '--processors', '1']

  function separate(songs: readonly string[], out: string, before: readonly string[] = []) {
    return runCommand(['separate', ...songs, '-o', join(folder, out), ...ONLY_VOICE], before)
  }

  async function soundOf(path: string): Promise<Buffer> {
    return (await readFile(join(folder, path))).subarray(WAV_HEADER_BYTES, SOUND.length)
  }

  async function foldersIn(out: string): Promise<string[]> {
    const files = await filesBelow(join(folder, out))
    return files.map((path) => relative(join(folder, out), path).replace(/\/vocals\.wav$/, '')).sort()
  }

  test('gives each song a folder of its own in the output folder', async () => {
    const place = join(folder, 'names')
    await mkdir(place)
    const names = ['b.wav', 'B.mp3', '...wav', '..wav', 'Vol. 1', 'Vol. 2', `${LONG}.wav`, 'esc\x1b[31m\n.wav']
    for (const name of names) await writeFile(join(place, name), SOUND)
    const { code, said } = await separate(
      names.map((name) => join(place, name)),
      'named',
    )
    assert.equal(code, 0, said)
    assert.deepEqual(
      await foldersIn('named'),
      ['...wav', '..wav', 'B (2)', 'Vol. 1', 'Vol. 2', 'b', 'esc_[31m_', LONG].sort(),
    )
    assert.ok(!said.includes('\x1b'), 'no name is obeyed by the terminal')
  })

  test('shortens the name of a mix to what file systems allow', async () => {
    const song = join(folder, `${LONG}.wav`)
    await writeFile(song, SOUND)
    const words = ['separate', song, '-o', join(folder, 'mix'), '--minus', 'vocals']
    assert.equal((await runCommand(words)).code, 0)
    const [name = ''] = await foldersIn('mix')
    assert.match(name, /^x+ \(minus vocals\)\.wav$/)
    assert.equal(name.length, 255)
  })

  test('reads a name in Latin-1, as on an old disk, and writes it in UTF-8', async () => {
    await writeFile(Buffer.concat([Buffer.from(`${folder}/s`), Buffer.from([0xe5]), Buffer.from('ng.wav')]), SOUND)
    const { code, said } = await separate([], 'latin', inShell('exec "$@" "$0"/s*ng.wav', folder))
    assert.equal(code, 0, said)
    assert.deepEqual(await foldersIn('latin'), ['sång'])
    assert.ok((await soundOf('latin/sång/vocals.wav')).equals(expected))
  })

  test('takes a folder for the songs in it', async () => {
    const album = join(folder, 'album')
    await mkdir(join(album, 'inner'), { recursive: true })
    for (const name of ['2.wav', '1.wav', 'cover.jpg', '.hidden.wav', 'inner/3.wav']) {
      await writeFile(join(album, name), SOUND)
    }
    const { code, said } = await separate([album, join(album, '1.wav')], 'album-out')
    assert.equal(code, 0, said)
    assert.match(said, /album: 2 songs/)
    assert.deepEqual(await foldersIn('album-out'), ['1', '2'])
  })

  for (const [what, name, script] of [
    ['a pipe as standard input', '-', 'cat "$0" | "$@"'],
    ['a pipe by the name of standard input', '/dev/stdin', 'cat "$0" | "$@"'],
    ['a file as standard input', '/dev/stdin', 'exec "$@" < "$0"'],
  ] as const) {
    test(`${what} is a song`, async () => {
      const out = `stdin-${script.length}-${name.length}`
      const { code, said } = await separate([name], out, inShell(script, join(folder, 'a.wav')))
      assert.equal(code, 0, said)
      assert.ok((await soundOf(`${out}/stdin/vocals.wav`)).equals(expected))
    })
  }

  test('reads a named pipe to its end, and says that it waits for it', async () => {
    const script = 'mkfifo "$0.pipe"; (cat "$0" > "$0.pipe") & exec "$@"'
    const song = join(folder, 'a.wav')
    const { code, said } = await separate([`${song}.pipe`], 'pipe', inShell(script, song))
    assert.equal(code, 0, said)
    assert.match(said, /reading from the pipe/)
    assert.ok((await soundOf('pipe/a.wav.pipe/vocals.wav')).equals(expected))
  })

  test('takes a folder with a name in Latin-1, and names its songs in UTF-8', async () => {
    const script = `cd "$0" && d=$(printf 'b\\344nd') && mkdir "$d" && cp a.wav "$d/säng.wav" && exec "$@" "$d"`
    const { code, said } = await separate([], 'latin-folder', inShell(script, folder))
    assert.equal(code, 0, said)
    assert.match(said, /bänd: 1 song/)
    assert.match(said, /^säng\.wav: \d+ %/m)
    assert.ok(!said.includes('\ufffd'), said)
    assert.deepEqual(await foldersIn('latin-folder'), ['säng'])
  })

  test('names a song in Latin-1 that fails in UTF-8', async () => {
    const script = `cd "$0" && s=$(printf 'f\\344ls.ogg') && echo no song > "$s" && exec "$@" "$s"`
    const { code, said } = await separate([], 'latin-false', inShell(script, folder))
    assert.equal(code, 1, said)
    assert.match(said, /fäls\.ogg: .*no file of sound/)
  })

  test('refuses an output folder whose name is not UTF-8, and makes none with another name', async () => {
    const script = `cd "$0" && mkdir latin-output && cd latin-output && exec "$@" -o "$(printf '\\344')"`
    const { code, said } = await runCommand(['separate', join(folder, 'a.wav')], inShell(script, folder))
    assert.equal(code, 2, said)
    assert.match(said, /no UTF-8.*-o/)
    assert.deepEqual(await readdir(join(folder, 'latin-output')), [])
  })

  test('ignores pipes, folders and links to folders in a folder of songs, whatever their names', async () => {
    const place = join(folder, 'mixed')
    await mkdir(join(place, 'folder.mp3'), { recursive: true })
    await symlink('folder.mp3', join(place, 'link.mp3'))
    await symlink('../a.wav', join(place, 'song.wav'))
    const { code, said } = await separate([place], 'mixed-out', inShell('mkfifo "$0/pipe.mp3"; exec "$@"', place))
    assert.equal(code, 0, said)
    assert.match(said, /mixed: 1 song\n/)
    assert.deepEqual(await foldersIn('mixed-out'), ['song'])
  })

  test('does not take mixes for songs in the folder that they are written to', async () => {
    const place = join(folder, 'own')
    await mkdir(place)
    await writeFile(join(place, 'S.wav'), SOUND)
    const words = ['separate', place, '-o', `${place}/`, '--minus', 'vocals', '--force']
    for (const _ of [1, 2]) assert.equal((await runCommand(words)).code, 0)
    assert.deepEqual((await readdir(place)).sort(), ['S (minus vocals).wav', 'S.wav'])
  })

  test('says that standard input is a folder', async () => {
    const { code, said } = await separate(['-'], 'stdin-folder', inShell('exec "$@" < "$0"', folder))
    assert.equal(code, 1, said)
    assert.match(said, /Standard input is a folder/)
  })

  test('does not take a file in /proc, which has size 0, for empty', async () => {
    const { code, said } = await separate(['/proc/cpuinfo'], 'proc')
    assert.equal(code, 1, said)
    assert.match(said, /cpuinfo: .*no file of sound/)
  })
})
