import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SongRecords } from '../../../src/store/records/song-records.ts'

test('a record is written although the write before it has thrown', async () => {
  const lines: string[] = []
  const faults = [new Error('no space left for the log')]
  const records = new SongRecords({
    db: null, // every write fails
    folders: { root: '/nowhere' },
    faults: { classify: () => false },
    log: {
      warn(_fields: object, line: string) {
        const fault = faults.shift()
        if (fault) throw fault
        lines.push(line)
      },
    },
  } as unknown as ConstructorParameters<typeof SongRecords>[0])
  const first = records.saveSong(1)
  const second = records.saveSong(1)
  await assert.rejects(first, /no space left for the log/)
  await second
  assert.match(lines.join('\n'), /song\.json could not be written/)
})
