import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { probe } from '../../../src/audio/media.ts'
import { wavHeader, wavTags } from '../../../src/audio/wav.ts'
import { bytesOf } from '../../../src/song/pcm.ts'
import { inShell, runCommand } from '../../support/command.ts'
import { matroskaOf, pcmTrack } from '../../support/matroska.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { filesBelow, startProcess } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

describe('minus-one separate', () => {
  let folder: string
  let song: string
  const tags = { title: 'Summer', artist: 'Band', album: 'Year' }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-cli-'))
    song = join(folder, 'a.tar sång.wav')
    const sound = makeSong(13)
    const trailer = wavTags(tags)
    await writeFile(
      song,
      Buffer.concat([wavHeader({ samples: sound.length / 2, trailerBytes: trailer.length }), bytesOf(sound), trailer]),
    )
    await writeFile(join(folder, 'text.mp3'), 'this is no song')
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function run(...words: string[]): Promise<{ code: number | null; said: string }> {
    const { child, log } = startProcess(words)
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    return { code, said: log() }
  }

  test('writes every stem below a folder named as the song, with its tags', async () => {
    const out = join(folder, 'all')
    const { code, said } = await run('separate', song, '-o', out)
    assert.equal(code, 0, said)
    const files = (await filesBelow(out)).sort()
    assert.deepEqual(
      files,
      ['bass', 'drums', 'other', 'vocals'].map((stem) => join(out, 'a.tar sång', `${stem}.wav`)),
    )
    assert.deepEqual((await probe({ path: files[0] ?? '' })).tags, tags)
    const stems = await Promise.all(files.map((file) => readFile(file)))
    const whole = await readFile(song)
    for (let at = 44; at < 44 + 13 * 44_100 * 4; at += 2) {
      assert.equal(
        stems.reduce((sum, stem) => sum + stem.readInt16LE(at), 0),
        whole.readInt16LE(at),
      )
    }
  })

  test('writes one mix without a stem, in any format', async () => {
    const out = join(folder, 'minus')
    const { code } = await run('separate', song, '-o', out, '--minus', 'vocals', '--format', 'opus', '--json')
    assert.equal(code, 0)
    const [file = ''] = await filesBelow(out)
    assert.equal(file, join(out, 'a.tar sång (minus vocals).opus'))
    assert.equal((await probe({ path: file })).tags.title, 'Summer')
  })

  test('takes title and artist from the name of a file that has no tags', async () => {
    const bare = join(folder, '01 - Band - Summer.wav')
    await writeFile(bare, wavOf(makeSong(2)))
    const out = join(folder, 'bare')
    const { code, said } = await run('separate', bare, '-o', out, '--stems', 'vocals')
    assert.equal(code, 0, said)
    const [file = ''] = await filesBelow(out)
    assert.deepEqual((await probe({ path: file })).tags, { title: 'Summer', artist: 'Band', album: '' })
  })

  test('takes the sound track that is asked for, and lists those that there are', async () => {
    const film = join(folder, 'film.mkv')
    const sounds = [makeSong(2, 1), makeSong(2, 2)]
    await writeFile(film, matroskaOf({ tracks: sounds.map((sound) => pcmTrack(sound)) }))
    const out = join(folder, 'film')
    const first = await run('separate', film, '-o', out)
    assert.equal(first.code, 0, first.said)
    assert.match(first.said, /film\.mkv: The file has 2 sound tracks.*--track/)
    assert.doesNotMatch(first.said, /%/, 'no share of a length that nobody knows')
    const second = await run('separate', film, '-o', out, '--force', '--track', '2')
    assert.equal(second.code, 0, second.said)
    assert.doesNotMatch(second.said, /sound tracks/)
    const stems = await Promise.all((await filesBelow(out)).map((file) => readFile(file)))
    for (const [index, sample] of (sounds[1] ?? new Int16Array()).entries()) {
      const at = 44 + 2 * index
      assert.equal(
        stems.reduce((sum, stem) => sum + stem.readInt16LE(at), 0),
        sample,
      )
    }
    const third = await run('separate', film, '-o', out, '--force', '--track', '3')
    assert.equal(third.code, 1)
    assert.match(third.said, /no sound track 3 in it\. The file has 2 sound tracks/)
    assert.equal((await run('separate', film, '--track', '0')).code, 2)
  })

  test('gives all but the voice as instrumental, with every model', async () => {
    const out = join(folder, 'two')
    const words = ['separate', song, '-o', out, '--stems', 'vocals,instrumental']
    assert.equal((await run(...words)).code, 0)
    const first = await Promise.all((await filesBelow(out)).sort().map((file) => readFile(file)))
    assert.equal((await run(...words, '--force', '--model', 'spleeter-2stems')).code, 0)
    const second = await Promise.all((await filesBelow(out)).sort().map((file) => readFile(file)))
    assert.equal(first.length, 2)
    assert.deepEqual(first, second)
  })

  test('overwrites existing files only with --force', async () => {
    const out = join(folder, 'twice')
    assert.equal((await run('separate', song, '-o', out, '--stems', 'vocals')).code, 0)
    const again = await run('separate', song, '-o', out, '--stems', 'vocals')
    assert.equal(again.code, 1)
    assert.match(again.said, /--force/)
    assert.equal((await run('separate', song, '-o', out, '--stems', 'vocals', '--force')).code, 0)
  })

  test('names the songs that fail with the reason, separates the others, and exits with 1', async () => {
    const out = join(folder, 'some')
    const { code, said } = await run('separate', join(folder, 'text.mp3'), join(folder, 'missing.mp3'), song, '-o', out)
    assert.equal(code, 1)
    assert.match(said, /text\.mp3: .*no file of sound/)
    assert.match(said, /missing\.mp3: .*no such file/)
    assert.equal((await filesBelow(out)).length, 4)
  })

  test('exits with 2 after a wrong call, and lists the choices', async () => {
    const stem = await run('separate', song, '--stems', 'kazoo')
    assert.equal(stem.code, 2)
    assert.match(stem.said, /vocals, drums, bass, other/)
    assert.equal((await run('separate')).code, 2)
    assert.equal((await run('separate', song, '--format', 'midi')).code, 2)
    assert.equal((await run('separate', song, '--model', 'nothing')).code, 2)
    assert.equal((await run('nonsense')).code, 2)
    const both = await run('separate', song, '--stems', 'vocals', '--minus', 'vocals')
    assert.equal(both.code, 2)
    assert.match(both.said, /--stems.*--minus.*Leave one out/)
    assert.equal((await run('--help')).code, 0)
    const settings = await run('serve', '--port', 'abc', '--broker-tls', 'perhaps')
    assert.equal(settings.code, 2)
    assert.match(settings.said, /PORT[\s\S]*BROKER_TLS|BROKER_TLS[\s\S]*PORT/, 'every wrong setting is named')
  })

  test('names an empty argument, as an unset variable leaves one', async () => {
    for (const [words, said] of [
      [[''], /empty \(""\).*song/],
      [[song, '-o', ''], /-o is empty \(""\).*folder/],
      [[song, '--stems', ''], /--stems .*at least one name/],
      [[song, '--minus', ','], /--minus .*at least one name/],
    ] as const) {
      const ended = await run('separate', ...words)
      assert.equal(ended.code, 2, ended.said)
      assert.match(ended.said, said)
    }
  })

  test('leaves nothing half-written after Ctrl-C', async () => {
    const long = join(folder, 'long.wav')
    await writeFile(long, wavOf(makeSong(120)))
    const out = join(folder, 'stopped')
    const process_ = startProcess(['separate', long, '-o', out])
    await until('it has begun to write', async () => (await filesBelow(out)).length > 0)
    assert.equal(await process_.stop('SIGINT'), 130)
    assert.deepEqual(await filesBelow(out), [])
  })

  test('exits with 1 when standard output cannot be written', async () => {
    const out = join(folder, 'unheard')
    const separate = ['separate', song, '-o', out, '--stems', 'vocals']
    for (const words of [separate, ['doctor'], ['models']]) {
      const { code, said } = await runCommand(words, inShell('exec "$@" > /dev/full'))
      assert.match(said, /standard output cannot be written/)
      assert.equal(code, 1, words[0])
    }
  })

  test('doctor says that all is well', async () => {
    const { code, said } = await run('doctor')
    assert.match(said, /ok\s+model four-stems/)
    assert.equal(code, 0, said)
  })
})
