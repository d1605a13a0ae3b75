import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import type { ProbedSong } from '../../src/receive/probe-song.ts'
import { ProgressiveUpload } from '../../src/receive/progressive-upload.ts'

const MEBIBYTE = 2 ** 20
const SONG_ID = 7

function found(changes: Partial<ProbedSong> = {}): ProbedSong {
  return {
    fileName: 'a.flac',
    title: 'a',
    band: '',
    album: '',
    announcedSeconds: 180,
    cover: null,
    soundTrack: null,
    warnings: [],
    picture: null,
    container: 'flac',
    ...changes,
  }
}

describe('an upload whose sender wants to hear it before its last byte', () => {
  let now: number
  let told: number
  let added: ProbedSong[]
  let looks: number

  beforeEach(() => {
    now = 0
    told = 0
    looks = 0
    added = []
    mock.timers.enable({ apis: ['setInterval'] })
    mock.method(performance, 'now', () => now)
  })
  afterEach(() => {
    mock.timers.reset()
    mock.restoreAll()
  })

  function uploadOf({
    expectedBytes,
    look = () => Promise.resolve(found()),
    add = () => Promise.resolve(SONG_ID),
  }: {
    expectedBytes: number | null
    look?(): Promise<ProbedSong>
    add?(): Promise<number | null>
  }): ProgressiveUpload {
    return new ProgressiveUpload({
      expectedBytes,
      look: () => {
        looks++
        return look()
      },
      add: (song) => {
        added.push(song)
        return add()
      },
      onMore: () => {
        told++
      },
    })
  }

  /** Lets so many milliseconds pass, in which so many bytes in all have come. */
  async function pass(upload: ProgressiveUpload, ms: number, bytes: number): Promise<void> {
    now += ms
    upload.received(bytes)
    mock.timers.tick(ms)
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }

  test('becomes a song once its first MiB is there, and tells of every sixteenth that comes', async () => {
    const upload = uploadOf({ expectedBytes: 32 * MEBIBYTE })
    await pass(upload, 500, MEBIBYTE - 1)
    assert.equal(upload.songId, null)
    await pass(upload, 500, MEBIBYTE)
    assert.equal(upload.songId, SONG_ID)
    for (let mebibytes = 2; mebibytes <= 32; mebibytes++) await pass(upload, 500, mebibytes * MEBIBYTE)
    assert.equal(told, 15)
    assert.equal((await upload.end())?.id, SONG_ID)
  })

  test('is not looked into before its end if it is whole within a moment', async () => {
    const upload = uploadOf({ expectedBytes: 2 * MEBIBYTE })
    await pass(upload, 50, 1.5 * MEBIBYTE)
    assert.equal(looks, 0)
    assert.equal(await upload.end(), null)
  })

  test('is looked into three times at most if its beginning tells nothing', async () => {
    const upload = uploadOf({ expectedBytes: 1024 * MEBIBYTE, look: () => Promise.reject(new Error('no index yet')) })
    for (let mebibytes = 1; mebibytes <= 200; mebibytes++) await pass(upload, 100, mebibytes * MEBIBYTE)
    assert.equal(looks, 3)
    assert.equal(await upload.end(), null)
  })

  test('has no length from a part of an mp3 that states only its own', async () => {
    const upload = uploadOf({
      expectedBytes: 32 * MEBIBYTE,
      look: () => Promise.resolve(found({ container: 'mp3', announcedSeconds: 26 })),
    })
    await pass(upload, 1_000, MEBIBYTE)
    assert.equal(added[0]?.announcedSeconds, null)
    await upload.end()
  })

  test('is refused with the next byte if it cannot be a song', async () => {
    const upload = uploadOf({ expectedBytes: 32 * MEBIBYTE, add: () => Promise.reject(new Error('no room')) })
    await pass(upload, 1_000, MEBIBYTE)
    assert.throws(() => upload.received(MEBIBYTE + 1), /no room/)
  })

  test('lets whoever waits for a part of it go on when that part is there, and not before', async () => {
    const upload = uploadOf({ expectedBytes: 100 })
    let isThere = false
    const waiting = upload.whenArrived(0.5, new AbortController().signal).then(() => {
      isThere = true
    })
    await pass(upload, 10, 49)
    assert.equal(isThere, false)
    upload.received(50)
    await waiting
    assert.equal(isThere, true)
    await upload.end()
  })

  test('lets whoever waits go on at its end, and whoever has given up', async () => {
    const upload = uploadOf({ expectedBytes: 100 })
    const stop = new AbortController()
    const givenUp = upload.whenArrived(1, stop.signal)
    const patient = upload.whenArrived(1, new AbortController().signal)
    stop.abort()
    await givenUp
    await upload.end()
    await patient
  })

  test('tells until when its rest is expected within seconds, and nothing where that is far', async () => {
    const upload = uploadOf({ expectedBytes: 1_000 })
    await pass(upload, 1_000, 100)
    assert.equal(upload.endsSoonUntilMs(4_000), null, '9 s are missing')
    await pass(upload, 1_000, 500)
    assert.equal(upload.endsSoonUntilMs(4_000), 4_000)
    await pass(upload, 1_000, 1_000)
    assert.equal(upload.endsSoonUntilMs(4_000), null, 'nothing is missing')
    await upload.end()
  })
})
