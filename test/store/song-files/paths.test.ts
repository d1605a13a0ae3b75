import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { basename, dirname, relative } from 'node:path'
import { describe, test } from 'node:test'
import {
  coverPath,
  erasedPath,
  isDerivedFileName,
  isHalfWrittenName,
  isIncomingName,
  isSongFileName,
  mixPath,
  originalPath,
  partialPath,
  pcmPath,
  peaksPath,
  personRecordPath,
  renderedPath,
  songFolder,
  songIdOf,
  songRecordPath,
  stemPath,
  uploadingMarkPath,
} from '../../../src/store/song-files/paths.ts'

const FOLDERS = { root: '/data' }
const SONG = { songId: 12, trackId: 3, fileId: 4, jobId: 5, attempt: 6, format: 'flac' }

const KEPT = [originalPath, uploadingMarkPath, erasedPath, songRecordPath, personRecordPath, coverPath].map((pathOf) =>
  pathOf(FOLDERS, 12),
)
const DERIVED = [
  pcmPath(FOLDERS, 12),
  ...[stemPath, peaksPath, mixPath, partialPath].map((pathOf) => pathOf(FOLDERS, SONG)),
]
const ALL = [...KEPT, ...DERIVED, renderedPath(FOLDERS, SONG)]

describe("The files of a song's folder", () => {
  test('lie directly in the folder with the number of the song', () => {
    assert.equal(songFolder(FOLDERS, 12), '/data/songs/12')
    for (const path of ALL) assert.equal(relative('/data', dirname(path)), 'songs/12')
  })

  test('have different names that the program knows again', () => {
    assert.equal(new Set(ALL).size, ALL.length)
    for (const path of ALL) {
      assert.ok(isSongFileName(basename(path)), path)
      assert.equal(isHalfWrittenName(basename(path)), false, path)
    }
  })

  test('have names that the program knows again while they are being written', () => {
    for (const path of ALL) {
      for (const name of [`${basename(path)}.part`, `${basename(path)}.${randomUUID()}`])
        assert.ok(isHalfWrittenName(name) && isSongFileName(name), name)
    }
  })

  test("are not a user's files with similar names", () => {
    const others = ['notes.txt', 'original.mp3', 'my-original', 'stem-a.wav', 'stem-1.wav.bak', 'cover.jpg', 'mix-.wav']
    for (const name of [...others, 'original.part.part', 'rendered-1.', 'Original', ''])
      assert.equal(isSongFileName(name) || isHalfWrittenName(name), false, name)
  })

  test('count as derived if they are computed from the sound, half-written or not', () => {
    for (const path of DERIVED) {
      assert.ok(isDerivedFileName(basename(path)), path)
      assert.ok(isDerivedFileName(`${basename(path)}.part`), path)
    }
    for (const path of KEPT) assert.equal(isDerivedFileName(basename(path)), false, path)
  })
})

test('the name of a song folder is a positive number that both JavaScript and SQLite hold exactly', () => {
  assert.equal(songIdOf('1'), 1)
  assert.equal(songIdOf('999999999999999'), 999_999_999_999_999)
  for (const name of ['0', '01', '-1', '1.5', '1e3', ' 1', '1 ', '', 'song', '1000000000000000', '1\n'])
    assert.equal(songIdOf(name), null, JSON.stringify(name))
})

test('the files in incoming/ have random names, or the names of stretches', () => {
  assert.ok(isIncomingName(randomUUID()))
  assert.ok(isIncomingName('stretch-1-20.flac'))
  for (const name of [`${randomUUID()}.wav`, `a${randomUUID()}`, 'stretch-1.flac', 'song.mp3', ''])
    assert.equal(isIncomingName(name), false, name)
})
