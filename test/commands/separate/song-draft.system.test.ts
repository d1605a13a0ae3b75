import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { SongDraft } from '../../../src/commands/separate/song-draft.ts'

const STEMS = ['bass.wav', 'vocals.wav']
const DRAFT = new URL('../../../src/commands/separate/song-draft.ts', import.meta.url).href

describe('the files of a song are published', () => {
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'minus-one-draft-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function draftOf(target: string, text: string): Promise<SongDraft> {
    const draft = await SongDraft.open(target)
    for (const name of STEMS) await writeFile(draft.pathOf(name), text)
    return draft
  }

  async function textsIn(target: string): Promise<string[]> {
    assert.deepEqual((await readdir(target)).sort(), STEMS)
    return Promise.all(STEMS.map((name) => readFile(join(target, name), 'utf8')))
  }

  async function publishOfAnother(target: string): Promise<void> {
    await mkdir(target, { recursive: true })
    for (const name of STEMS) await writeFile(join(target, name), 'first')
  }

  for (const [what, isThere] of [
    ['a new folder', false],
    ['a folder that is there', true],
  ] as const) {
    test(`the second of two runs that write into ${what} at once is refused`, async () => {
      const target = join(folder, what)
      if (isThere) await mkdir(target)
      const draft = await draftOf(target, 'second')
      await publishOfAnother(target)
      await assert.rejects(() => draft.publish({ mayReplace: false }), /already exists\. --force/)
      await draft.discard()
      assert.deepEqual(await textsIn(target), ['first', 'first'])
    })
  }

  test('files that another run has made meanwhile are replaced when that is asked for', async () => {
    const target = join(folder, 'replaced')
    const draft = await draftOf(target, 'second')
    await publishOfAnother(target)
    await draft.publish({ mayReplace: true })
    assert.deepEqual(await textsIn(target), ['second', 'second'])
  })

  test('a file that cannot be published undoes those before it', async () => {
    const target = join(folder, 'one')
    await mkdir(target)
    const draft = await draftOf(target, 'new')
    await writeFile(join(target, 'vocals.wav'), 'mine')
    await assert.rejects(() => draft.publish({ mayReplace: false }), /vocals\.wav already exists/)
    await draft.discard()
    assert.deepEqual(await readdir(target), ['vocals.wav'])
    assert.equal(await readFile(join(target, 'vocals.wav'), 'utf8'), 'mine')
  })

  for (const killedAt of [1, 2, 3]) {
    test(`a run that is killed before move ${killedAt} loses no existing file`, async () => {
      const target = join(folder, `killed-${killedAt}`)
      await mkdir(target)
      for (const name of STEMS) await writeFile(join(target, name), 'old')
      const script = `
        import fs from 'node:fs/promises'
        import { syncBuiltinESMExports } from 'node:module'
        const { rename } = fs
        let moves = 0
        fs.rename = (from, to) => ++moves === ${killedAt} ? process.kill(process.pid, 'SIGKILL') : rename(from, to)
        syncBuiltinESMExports()
        const { SongDraft } = await import(${JSON.stringify(DRAFT)})
        const draft = await SongDraft.open(${JSON.stringify(target)})
        for (const name of ${JSON.stringify(STEMS)}) await fs.writeFile(draft.pathOf(name), 'new')
        await draft.publish({ mayReplace: true })`
      const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
      assert.equal(stderr, '')
      await (await SongDraft.open(target)).discard()
      for (const text of await textsIn(target)) assert.match(text, /old|new/)
    })
  }
})
