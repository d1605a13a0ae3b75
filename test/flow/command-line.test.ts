import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { probe } from '../../src/audio/media.ts'
import { bytesOf } from '../../src/audio/pcm.ts'
import { wavHeader, wavTags } from '../../src/audio/wav.ts'
import { makeSong, wavOf } from '../support/songs.ts'
import { filesBelow, startProcess } from '../support/system.ts'
import { until } from '../support/wait.ts'

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

  test('instrumental is all but the voice, with every model', async () => {
    const out = join(folder, 'two')
    const words = ['separate', song, '-o', out, '--stems', 'vocals,instrumental']
    assert.equal((await run(...words)).code, 0)
    const first = await Promise.all((await filesBelow(out)).sort().map((file) => readFile(file)))
    assert.equal((await run(...words, '--force', '--model', 'spleeter-2stems')).code, 0)
    const second = await Promise.all((await filesBelow(out)).sort().map((file) => readFile(file)))
    assert.equal(first.length, 2)
    assert.deepEqual(first, second)
  })

  test('does not write over what is there, unless told to', async () => {
    const out = join(folder, 'twice')
    assert.equal((await run('separate', song, '-o', out, '--stems', 'vocals')).code, 0)
    const again = await run('separate', song, '-o', out, '--stems', 'vocals')
    assert.equal(again.code, 1)
    assert.match(again.said, /--force/)
    assert.equal((await run('separate', song, '-o', out, '--stems', 'vocals', '--force')).code, 0)
  })

  test('names what fails with its reason, does the others, and ends with 1', async () => {
    const out = join(folder, 'some')
    const { code, said } = await run('separate', join(folder, 'text.mp3'), join(folder, 'missing.mp3'), song, '-o', out)
    assert.equal(code, 1)
    assert.match(said, /text\.mp3: .*no file of sound/)
    assert.match(said, /missing\.mp3: .*no such file/)
    assert.equal((await filesBelow(out)).length, 4)
  })

  test('a wrong call ends with 2 and says what there is', async () => {
    const stem = await run('separate', song, '--stems', 'kazoo')
    assert.equal(stem.code, 2)
    assert.match(stem.said, /vocals, drums, bass, other/)
    assert.equal((await run('separate')).code, 2)
    assert.equal((await run('separate', song, '--format', 'midi')).code, 2)
    assert.equal((await run('separate', song, '--model', 'nothing')).code, 2)
    assert.equal((await run('nonsense')).code, 2)
    assert.equal((await run('--help')).code, 0)
    const settings = await run('serve', '--port', 'abc', '--broker-tls', 'perhaps')
    assert.equal(settings.code, 2)
    assert.match(settings.said, /PORT[\s\S]*BROKER_TLS|BROKER_TLS[\s\S]*PORT/, 'every wrong setting is named')
  })

  test('Ctrl-C leaves nothing half-written', async () => {
    const long = join(folder, 'long.wav')
    await writeFile(long, wavOf(makeSong(120)))
    const out = join(folder, 'stopped')
    const process_ = startProcess(['separate', long, '-o', out])
    await until('it has begun to write', async () => (await filesBelow(out)).length > 0)
    assert.equal(await process_.stop('SIGINT'), 130)
    assert.deepEqual(await filesBelow(out), [])
  })

  test('doctor says that all is well', async () => {
    const { code, said } = await run('doctor')
    assert.match(said, /ok\s+model four-stems/)
    assert.equal(code, 0, said)
  })
})
