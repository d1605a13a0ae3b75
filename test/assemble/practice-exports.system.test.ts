import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PracticeExports } from '../../src/assemble/practice-exports.ts'
import { MediaPool } from '../../src/audio/media/media-pool.ts'
import { SAMPLE_RATE } from '../../src/song/pcm.ts'
import { mixBytes } from '../../src/song/song-size.ts'
import type { Song } from '../../src/store/queries/songs.ts'

const SAMPLES = 60 * SAMPLE_RATE
const song = { id: 1, samples: SAMPLES } as Song

test('a download in another tempo reserves room for one file until it ends, and WAV, which needs none, reserves none', async () => {
  const reserved: number[] = []
  let released = 0
  const exports = new PracticeExports({
    folders: { root: '/nowhere' },
    faults: { remove: async () => undefined },
    quota: {
      async reserve(_what, bytes) {
        reserved.push(bytes)
        return { raise: () => undefined, release: () => void released++ }
      },
    },
    mediaPool: new MediaPool(),
  })
  const practice = { semitones: 0, tempo: 0.5 }
  const [wav, mp3] = [new AbortController(), new AbortController()]
  await exports.open({ song, practice, format: 'wav', signal: wav.signal })
  await exports.open({ song, practice, format: 'mp3', signal: mp3.signal })
  assert.deepEqual(reserved, [mixBytes(2 * SAMPLES)])
  const third = { song, practice, format: 'wav', signal: new AbortController().signal } as const
  await assert.rejects(exports.open(third), { code: 'busy' })
  mp3.abort()
  assert.equal(released, 1)
  await exports.open(third)
})

test('a WAV file of more than 4 GiB is refused before anything is sent', async () => {
  const exports = new PracticeExports({
    folders: { root: '/nowhere' },
    faults: { remove: async () => undefined },
    quota: { reserve: () => assert.fail('no room is needed') },
    mediaPool: new MediaPool(),
  })
  const { signal } = new AbortController()
  const long = { ...song, samples: 2 * 3_600 * SAMPLE_RATE }
  const download = { song: long, practice: { semitones: 0, tempo: 0.25 }, format: 'wav', signal } as const
  await assert.rejects(exports.open(download), { code: 'too-long' })
})
