import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { describe, test } from 'node:test'
import { readRange, writeAt } from '../../../src/store/song-files/file-ranges.ts'

describe('ranges of files', () => {
  test('an error of a read names the file, although it comes from a descriptor', async () => {
    await assert.rejects(readRange(tmpdir(), 0, 1), { code: 'EISDIR', path: tmpdir() })
  })

  test('an error of a write names the file, although it comes from a descriptor', async () => {
    await assert.rejects(writeAt('/dev/full', 0, Buffer.alloc(1)), { code: 'ENOSPC', path: '/dev/full' })
  })
})
