import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { type Folders, songFolder } from '../../../src/store/song-files/paths.ts'
import {
  confirmUploadOnDisk,
  irreplaceablePaths,
  makeSongFolder,
  markErased,
  moveUnknownStems,
  removeDerivedFiles,
  removeEmptySongFolder,
  removeHalfWritten,
  removeMix,
  removePartials,
  removeSongFolder,
  unmarkErased,
} from '../../../src/store/song-files/song-folder.ts'

const SONG_ID = 7
const KEPT = ['cover', 'original', 'person.json', 'song.json']
const DERIVED = ['mix-1.wav', 'partial-1-1.f32', 'peaks-1.u8', 'rendered-1.flac', 'song.pcm', 'stem-1.wav']

describe('The folder of a song', () => {
  let folders: Folders

  beforeEach(async () => {
    folders = { root: await mkdtemp(join(tmpdir(), 'minus-one-folder-')) }
    await mkdir(join(folders.root, 'songs'))
  })
  afterEach(() => rm(folders.root, { recursive: true }))

  const folder = () => songFolder(folders, SONG_ID)
  const names = async () => (await readdir(folder())).sort()

  async function write(...files: readonly string[]): Promise<void> {
    await mkdir(folder(), { recursive: true })
    for (const name of files) await writeFile(join(folder(), name), name)
  }

  /** The files that were moved to lost+found/. Beside them must be a note that says where they were. */
  async function movedAway(): Promise<string[]> {
    const place = join(folders.root, 'lost+found')
    if (!existsSync(place)) return []
    const [moved = assert.fail(), note = assert.fail(), ...others] = (await readdir(place)).sort()
    assert.match(moved, /^song-7-\d+$/)
    assert.match(await readFile(join(place, note), 'utf8'), /These files were in songs\/7\./)
    assert.deepEqual(others, [])
    return (await readdir(join(place, moved))).sort()
  }

  test('is marked as arriving from its creation until the upload is complete', async () => {
    makeSongFolder(folders, SONG_ID)
    assert.deepEqual(await names(), ['arriving'])
    await write('original')
    await confirmUploadOnDisk(folders, SONG_ID)
    assert.deepEqual(await names(), ['original'])
  })

  test('stays marked as arriving if the uploaded file is missing', async () => {
    makeSongFolder(folders, SONG_ID)
    await assert.rejects(confirmUploadOnDisk(folders, SONG_ID), { code: 'ENOENT' })
    assert.deepEqual(await names(), ['arriving'])
  })

  for (const mark of ['arriving', 'erased']) {
    test(`is emptied for a new song of the same number if it is marked as ${mark}`, async () => {
      await write(mark, 'original', 'stem-1.wav.part')
      makeSongFolder(folders, SONG_ID)
      assert.deepEqual(await names(), ['arriving'])
      assert.deepEqual(await movedAway(), [])
    })
  }

  test('is moved to lost+found for a new song of the same number if it has no mark', async () => {
    await write('original', 'song.json')
    makeSongFolder(folders, SONG_ID)
    assert.deepEqual(await names(), ['arriving'])
    assert.deepEqual(await movedAway(), ['original', 'song.json'])
  })

  test("keeps a user's files in lost+found when it is emptied for a new song", async () => {
    await write('arriving', 'original', 'lyrics.txt')
    makeSongFolder(folders, SONG_ID)
    assert.deepEqual(await names(), ['arriving'])
    assert.deepEqual(await movedAway(), ['lyrics.txt'])
  })

  test('is removed with all files that the program made, complete or half-written', async () => {
    await write('erased', 'song.pcm.part', ...KEPT, ...DERIVED)
    await removeSongFolder(folders, SONG_ID)
    assert.deepEqual(await readdir(folders.root), ['songs'])
    assert.equal(existsSync(folder()), false)
  })

  test("moves a user's files to lost+found when it is removed", async () => {
    await write('original', 'lyrics.txt')
    await mkdir(join(folder(), 'photos'))
    await removeSongFolder(folders, SONG_ID)
    assert.equal(existsSync(folder()), false)
    assert.deepEqual(await movedAway(), ['lyrics.txt', 'photos'])
  })

  test('may be missing when it is removed or marked as erased', async () => {
    markErased(folders, SONG_ID)
    unmarkErased(folders, SONG_ID)
    await removeSongFolder(folders, SONG_ID)
    assert.equal(existsSync(folder()), false)
  })

  test('that is a symbolic link is removed, and the folder that it names stays', async () => {
    const elsewhere = join(folders.root, 'elsewhere')
    await mkdir(elsewhere)
    await writeFile(join(elsewhere, 'lyrics.txt'), '')
    await symlink(elsewhere, folder())
    await removeSongFolder(folders, SONG_ID)
    assert.equal(existsSync(folder()), false)
    assert.deepEqual(await readdir(elsewhere), ['lyrics.txt'])
  })

  test('is marked as erased until the mark is taken back', async () => {
    await write('original')
    markErased(folders, SONG_ID)
    assert.deepEqual(await names(), ['erased', 'original'])
    unmarkErased(folders, SONG_ID)
    assert.deepEqual(await names(), ['original'])
  })

  test('is removed as empty only if it is empty', async () => {
    await write('original')
    assert.equal(await removeEmptySongFolder(folders, SONG_ID), false)
    await rm(join(folder(), 'original'))
    assert.equal(await removeEmptySongFolder(folders, SONG_ID), true)
    assert.equal(existsSync(folder()), false)
  })

  test("loses its derived files, but not the upload, the records and a user's files", async () => {
    await write('lyrics.txt', 'mix-1.wav.part', ...KEPT, ...DERIVED)
    await removeDerivedFiles(folders, SONG_ID)
    assert.deepEqual(await names(), ['cover', 'lyrics.txt', 'original', 'person.json', 'song.json'])
    assert.deepEqual(
      [...irreplaceablePaths(folders, SONG_ID)].sort(),
      KEPT.map((name) => join(folder(), name)),
    )
  })

  test('loses a mix with its exports, and no other mix', async () => {
    await write('mix-1.wav', 'rendered-1.flac', 'rendered-1.mp3', 'mix-11.wav', 'rendered-11.flac', 'stem-1.wav')
    await removeMix(folders, { songId: SONG_ID, fileId: 1 })
    assert.deepEqual(await names(), ['mix-11.wav', 'rendered-11.flac', 'stem-1.wav'])
  })

  test('loses its stored results', async () => {
    await write('partial-1-1.f32', 'partial-2-1.f32.part', 'partial-notes.txt', 'stem-1.wav')
    await removePartials(folders, SONG_ID)
    assert.deepEqual(await names(), ['partial-notes.txt', 'stem-1.wav'])
  })

  test('loses the half-written files that a crash left', async () => {
    await write('stem-1.wav', 'stem-2.wav.part', 'lyrics.txt.part')
    await removeHalfWritten(folders, SONG_ID)
    assert.deepEqual(await names(), ['lyrics.txt.part', 'stem-1.wav'])
  })

  test('moves sounds with unknown ids to lost+found and keeps its other files', async () => {
    await write('lyrics.txt', ...KEPT, ...DERIVED)
    await moveUnknownStems(folders, SONG_ID)
    assert.deepEqual(
      await movedAway(),
      DERIVED.filter((name) => name !== 'song.pcm'),
    )
    assert.deepEqual(await names(), ['cover', 'lyrics.txt', 'original', 'person.json', 'song.json', 'song.pcm'])
  })

  test('moves nothing to lost+found if it has no sounds with unknown ids', async () => {
    await write(...KEPT)
    await moveUnknownStems(folders, SONG_ID)
    assert.deepEqual(await movedAway(), [])
  })
})
