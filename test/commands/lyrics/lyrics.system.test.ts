import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { runCommand } from '../../support/command.ts'
import { makeSong, wavOf } from '../../support/songs.ts'

const LRC = '[00:01.00]One line\n[00:02.00]and another\n'

describe('minus-one lyrics', () => {
  let folder: string
  const path = (name: string) => join(folder, name)
  const lyrics = (...words: string[]) => runCommand(['lyrics', ...words])

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-lyrics-test-'))
    await writeFile(path('song.wav'), wavOf(makeSong(3)))
    await writeFile(path('song.lrc'), LRC)
    await writeFile(path('alone.wav'), wavOf(makeSong(3)))
    await writeFile(path('words.txt'), 'one line\nand another\n')
  })
  after(() => rm(folder, { recursive: true, force: true }))

  test('writes the words of the file beside the song, in the wanted format', async () => {
    const { code, said } = await lyrics(path('song.wav'), '--format', 'srt')
    assert.equal(code, 0)
    assert.match(said, /^1\n00:00:01,000 --> 00:00:02,000\nOne line$/m)
  })

  test('writes a file by the ending of its name, and does not overwrite one unasked', async () => {
    const out = path('out.ttml')
    assert.equal((await lyrics(path('song.wav'), '-o', out)).code, 0)
    assert.match(await readFile(out, 'utf8'), /<p begin=/)
    const again = await lyrics(path('song.wav'), '-o', out)
    assert.equal(again.code, 1)
    assert.match(again.said, /exists\. Name another output, or add --force/)
    assert.equal((await lyrics(path('song.wav'), '-o', out, '--force')).code, 0)
  })

  test('says what is missing: a text, a song, a readable text', async () => {
    const alone = await lyrics(path('alone.wav'))
    assert.deepEqual([alone.code, /There is no text beside alone\.wav/.test(alone.said)], [1, true])
    const gone = await lyrics(path('gone.wav'), '--align', path('words.txt'))
    assert.equal(gone.code, 1)
    assert.match(gone.said, /no such file|not there|does not exist/i)
    const noText = await lyrics(path('song.wav'), '--align', path('gone.txt'))
    assert.equal(noText.code, 1)
    const binary = await lyrics(path('song.wav'), '--align', path('song.wav'))
    assert.equal(binary.code, 1)
  })

  test('says how it is called when it is called wrongly', async () => {
    for (const wrong of [
      [path('song.wav'), '--align', path('words.txt'), '--transcribe'],
      [path('song.wav'), '--language', 'klingon!'],
      [path('song.wav'), '--format', 'doc'],
      [],
    ])
      assert.equal((await lyrics(...wrong)).code, 2, wrong.join(' '))
  })

  test('finds no voice in a song without one, or says that the text does not fit', async () => {
    const { code, said } = await lyrics(path('song.wav'), '--align', path('words.txt'), '--format', 'txt')
    assert.equal(code, 1)
    assert.match(said, /No voice was found|does not fit/)
  })
})
