import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { Reserve } from '../../../src/store/data-folder/reserve.ts'
import { reservePath } from '../../../src/store/song-files/paths.ts'
import { until } from '../../support/wait.ts'

describe('The reserve', () => {
  let root: string
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'minus-one-reserve-'))
  })
  afterEach(() => rm(root, { recursive: true, force: true }))

  const noRoom = () => Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })

  test('gives its space to a deletion on a full disk, and is there again within a second when the disk has space', async () => {
    const reserve = new Reserve({ root })
    let tries = 0
    const deleted = reserve.use(() => {
      tries++
      if (existsSync(reservePath({ root }))) throw noRoom()
      return true
    })
    assert.deepEqual([deleted, tries], [true, 2])
    await until('the reserve is there again', () => existsSync(reservePath({ root })), { timeoutMs: 5_000 })
  })

  test('stays where it is if a deletion fails for another reason', () => {
    const reserve = new Reserve({ root })
    assert.throws(
      () =>
        reserve.use(() => {
          throw new Error('a defect')
        }),
      /a defect/,
    )
    assert.ok(existsSync(reservePath({ root })))
  })
})
