import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pino } from 'pino'
import { SongMixing } from '../../src/assemble/song-mixing.ts'
import { MediaPool } from '../../src/audio/media/media-pool.ts'
import { wavHeader } from '../../src/audio/wav.ts'
import {
  BYTES_PER_STEREO_SAMPLE,
  CHANNELS,
  clip,
  SAMPLE_RATE,
  samplesOf,
  WAV_HEADER_BYTES,
} from '../../src/song/pcm.ts'
import { getSong, type Song } from '../../src/store/queries/songs.ts'
import { mixPath, songFolder, stemPath } from '../../src/store/song-files/paths.ts'
import { getFile, type Mix, type StoredFile } from '../../src/store/tables/files.ts'
import { finishDecoding, finishSeparation } from '../../src/store/transitions/songs.ts'
import { SongTasks } from '../../src/tasks/song-tasks.ts'
import { type Ledger, newSong, openLedger } from '../support/ledger.ts'
import { mediaChildren } from '../support/media-children.ts'
import { stereoOf } from '../support/tones.ts'
import { until } from '../support/wait.ts'

const SECONDS = 20
const SAMPLES = SECONDS * SAMPLE_RATE

describe('The mixes of a song', () => {
  let ledger: Ledger
  let root: string
  let song: Song
  const mediaPool = new MediaPool()
  const stems: Int16Array[] = []
  const opened: SongTasks[] = []

  before(async () => {
    ledger = await openLedger()
    root = await mkdtemp(join(tmpdir(), 'minus-one-mixing-'))
    const songId = newSong(ledger.db)
    finishDecoding(ledger.db, { songId, samples: SAMPLES, statistics: { mean: 0, deviation: 1 }, warnings: [] })
    finishSeparation(ledger.db, songId)
    song = getSong(ledger.db, songId) ?? assert.fail('no song')
    await mkdir(songFolder({ root }, songId), { recursive: true })
    for (const [index, { id: trackId }] of song.tracks.entries()) {
      const pcm = stereoOf(SAMPLES, (i) => 0.4 * Math.sin(i * 0.03 * (index + 1)))
      stems.push(samplesOf(pcm))
      await writeFile(stemPath({ root }, { songId, trackId }), Buffer.concat([wavHeader({ samples: SAMPLES }), pcm]))
    }
  })
  after(async () => {
    await Promise.all(opened.map((tasks) => tasks.close()))
    mediaPool.close()
    await ledger.remove()
    await rm(root, { recursive: true, force: true })
  })

  /** The part of a server that renders mixes. */
  function openMixing(): { mixing: SongMixing; tasks: SongTasks } {
    const tasks = new SongTasks({
      onFault: (_songId, error) => assert.fail(String(error)),
      transientFaultOf: () => null,
    })
    opened.push(tasks)
    const mixing = new SongMixing({
      db: ledger.db,
      folders: { root },
      log: pino({ enabled: false }),
      quota: { admit: async ({ begin }) => begin() },
      records: { savePerson: () => Promise.resolve() },
      tasks,
      mediaPool,
    })
    return { mixing, tasks }
  }

  const isReady = ({ id }: StoredFile) => getFile(ledger.db, id)?.isReady === true
  const tracks = () => song.tracks.map(({ id }) => id)

  async function wav({ id }: StoredFile): Promise<Buffer> {
    return readFile(mixPath({ root }, { songId: song.id, fileId: id }))
  }

  async function render(changes: Partial<Mix>): Promise<{ file: StoredFile; wav: Buffer }> {
    const file = await openMixing().mixing.request(song, { tracks: tracks(), gains: {}, ...changes })
    await until('the mix is rendered', () => isReady(file))
    return { file, wav: await wav(file) }
  }

  test('A mix as recorded, with no semitones, tempo 1 and pans of 0, is the plain mix and no second file', async () => {
    const plain = await render({})
    const same = await render({ semitones: 0, tempo: 1, pan: { [tracks()[0] ?? 0]: 0 } })
    assert.equal(same.file.id, plain.file.id)
    const heard = samplesOf(plain.wav.subarray(WAV_HEADER_BYTES))
    assert.equal(heard.length, CHANNELS * SAMPLES)
    for (let i = 0; i < heard.length; i++) {
      const meant = clip((stems[0]?.[i] ?? 0) + (stems[1]?.[i] ?? 0))
      if (heard[i] !== meant) assert.fail(`sample ${i}: ${heard[i]}, not ${meant}`)
    }
  })

  test('A pan lowers the far channel linearly and leaves the near one as it is', async () => {
    const [one = 0, other = 0] = tracks()
    const { wav: bytes } = await render({ pan: { [one]: -1, [other]: 0.25 }, gains: { [other]: -6 } })
    const heard = samplesOf(bytes.subarray(WAV_HEADER_BYTES))
    const softer = 10 ** (-6 / 20)
    for (let i = 0; i < heard.length; i += CHANNELS) {
      const left = clip(Math.round((stems[0]?.[i] ?? 0) + (stems[1]?.[i] ?? 0) * softer * 0.75))
      const right = clip(Math.round((stems[1]?.[i + 1] ?? 0) * softer))
      if (heard[i] !== left || heard[i + 1] !== right) assert.fail(`sample ${i}: ${heard[i]} ${heard[i + 1]}`)
    }
  })

  test('A mix in another tempo is a WAV file of exactly that length', async () => {
    const { wav: bytes } = await render({ semitones: -3, tempo: 0.8 })
    const samples = Math.round(SAMPLES / 0.8)
    assert.equal(bytes.length, WAV_HEADER_BYTES + samples * BYTES_PER_STEREO_SAMPLE)
    assert.ok(bytes.subarray(0, WAV_HEADER_BYTES).equals(wavHeader({ samples })))
  })

  test('A mix of one stem in another key does not make a plain mix wait', async () => {
    const { mixing } = openMixing()
    const slow = await mixing.request(song, { tracks: tracks().slice(0, 1), gains: {}, semitones: 12, tempo: 0.3 })
    const quick = await mixing.request(song, { tracks: tracks(), gains: { [tracks()[0] ?? 0]: -3 } })
    await until('the plain mix is rendered', () => isReady(quick))
    assert.ok(!isReady(slow))
    await until('the slow mix is rendered', () => isReady(slow))
  })

  test('A mix whose rendering is stopped leaves no process and no file, and the next start renders it', async () => {
    const { mixing, tasks } = openMixing()
    const file = await mixing.request(song, { tracks: tracks(), gains: {}, tempo: 0.26 })
    const path = mixPath({ root }, { songId: song.id, fileId: file.id })
    await until('a part of it is written', async () => (await readFile(`${path}.part`).catch(() => '')).length > 1e6)
    await tasks.stop(song.id)
    await until('its process has ended', () => mediaChildren().length === 0)
    assert.ok(!(await readdir(songFolder({ root }, song.id))).some((name) => name.endsWith('.part')))
    assert.ok(!isReady(file))
    openMixing().mixing.resume(song)
    await until('it is rendered', () => isReady(file))
    assert.equal((await wav(file)).length, WAV_HEADER_BYTES + Math.round(SAMPLES / 0.26) * BYTES_PER_STEREO_SAMPLE)
  })

  test('A mix of more than 4 GiB is refused before it is rendered', async () => {
    const { mixing } = openMixing()
    const long = { ...song, samples: 2 * 3_600 * SAMPLE_RATE }
    await assert.rejects(mixing.request(long, { tracks: tracks(), gains: {}, tempo: 0.25 }), { code: 'too-long' })
  })
})
