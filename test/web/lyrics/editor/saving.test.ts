import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import type { Lyrics } from '../../../../src/song/lyrics.ts'
import { moveAll } from '../../../../web/src/lyrics/editor/edits/move-times.ts'
import { LyricsEdit } from '../../../../web/src/lyrics/editor/lyrics-edit.ts'
import { Saving } from '../../../../web/src/lyrics/editor/saving.ts'
import { readUnsaved } from '../../../../web/src/lyrics/editor/unsaved-edit.ts'
import { FakeStorage } from './fake-storage.ts'
import { lyricsOf } from './some-lyrics.ts'

const LYRICS = lyricsOf([[['one', 1_000, 1_400]]])
const THEIRS = lyricsOf([[['eins', 1_000, 1_400]]])

/** A server that has lyrics of a revision. */
class FakeServer {
  lyrics: Lyrics = LYRICS
  revision = 1
  fault: Error | null = null

  onSave = async (lyrics: Lyrics, revision: number) => {
    if (this.fault) throw this.fault
    if (revision !== this.revision) return { kind: 'changed-elsewhere' as const }
    this.lyrics = lyrics
    return { kind: 'saved' as const, revision: ++this.revision }
  }

  loadNewest = async () => ({ lyrics: this.lyrics, revision: this.revision })

  changeElsewhere(): void {
    this.lyrics = THEIRS
    this.revision++
  }
}

describe('Saving an edit', () => {
  let server: FakeServer
  let storage: FakeStorage
  let edit: LyricsEdit
  let saving: Saving

  beforeEach(() => {
    server = new FakeServer()
    storage = new FakeStorage()
    edit = new LyricsEdit({ musicId: 1, lyrics: LYRICS, revision: 1 }, storage)
    saving = new Saving(edit, server)
  })

  const change = () => edit.change('all words moved', (lyrics) => moveAll(lyrics, 100))

  test('sends it as a text of the editor, and knows that nothing is unsaved then', async () => {
    change()
    assert.ok(edit.isUnsaved.value)
    assert.ok(await saving.save())
    assert.equal(server.lyrics.source, 'editor')
    assert.equal(server.lyrics.lines[0]?.startMs, 1_100)
    assert.ok(!edit.isUnsaved.value)
    edit.undo()
    assert.ok(edit.isUnsaved.value, 'what was undone after saving is unsaved')
  })

  test('keeps it when the words were changed elsewhere, and saves it over them when the person says so', async () => {
    change()
    server.changeElsewhere()
    assert.ok(!(await saving.save()))
    const state = saving.state.value
    assert.ok(state.kind === 'conflict' && state.newest.lyrics === THEIRS)
    assert.equal(edit.lyrics.value.lines[0]?.startMs, 1_100)
    assert.ok(await saving.saveOver(state.newest))
    assert.equal(server.lyrics.lines[0]?.words[0]?.text, 'one')
  })

  test('takes the other words when the person says so, and undo brings the own ones back', async () => {
    change()
    server.changeElsewhere()
    await saving.save()
    saving.takeTheirs()
    assert.equal(edit.lyrics.value, THEIRS)
    assert.ok(!edit.isUnsaved.value)
    edit.undo()
    assert.equal(edit.lyrics.value.lines[0]?.startMs, 1_100)
    assert.ok(await saving.save(), 'the own ones are saved after them')
  })

  test('says why it failed, and keeps the edit', async () => {
    change()
    server.fault = new Error('The server cannot be reached.')
    assert.ok(!(await saving.save()))
    assert.deepEqual(saving.state.value, { kind: 'failed', reason: 'The server cannot be reached.' })
    assert.ok(edit.isUnsaved.value)
  })

  test('takes newer words over while nothing is unsaved, and asks otherwise', () => {
    saving.follow(THEIRS, 2)
    assert.equal(edit.lyrics.value, THEIRS)
    change()
    saving.follow(LYRICS, 3)
    assert.equal(saving.state.value.kind, 'conflict')
    assert.equal(edit.lyrics.value.lines[0]?.startMs, 1_100)
  })

  test('knows its own words when the server tells of them', () => {
    change()
    saving.follow({ ...edit.lyrics.value, source: 'editor' }, 2)
    assert.ok(!edit.isUnsaved.value)
    assert.equal(edit.revision, 2)
  })

  test('leaves what is unsaved in the browser, from where the next visit goes on', async () => {
    const stop = edit.keepUnsaved()
    change()
    stop()
    assert.equal(readUnsaved(1, storage)?.lyrics.lines[0]?.startMs, 1_100)
    const again = new LyricsEdit({ musicId: 1, lyrics: LYRICS, revision: 1 }, storage)
    assert.ok(again.isRestored && again.isUnsaved.value)
    const stopAgain = again.keepUnsaved()
    await new Saving(again, server).save()
    stopAgain()
    assert.equal(readUnsaved(1, storage), null)
  })
})

test('An edit that is stored badly is as good as none', () => {
  const storage = new FakeStorage()
  for (const text of ['{', '1', '{"lyrics":{"lines":3}}']) {
    storage.setItem('minus-one.lyrics.1', text)
    assert.equal(readUnsaved(1, storage), null)
  }
})
