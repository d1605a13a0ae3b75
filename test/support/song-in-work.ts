import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bytesOf } from '../../src/song/pcm.ts'
import { partialSamples } from '../../src/song/segment.ts'
import type { Database } from '../../src/store/ledger/database.ts'
import { jobOfSegment } from '../../src/store/queries/jobs.ts'
import { getSong, type Song } from '../../src/store/queries/songs.ts'
import { type Folders, partialPath, pcmPath, songFolder } from '../../src/store/song-files/paths.ts'
import { acceptResult, addJobs, claimJob } from '../../src/store/transitions/jobs.ts'
import { addSong, finishDecoding, requestMix } from '../../src/store/transitions/songs.ts'
import { openLedger } from './ledger.ts'

const GRID = { strideSamples: 10, inputOffsetSamples: 0, inputSamples: 14, tailSamples: 4 }
const SAMPLES = 25

export type SongInWork = {
  db: Database
  folders: Folders
  songId: number
  song(): Song
  /** Accepts a result of a segment: the first stem has this value at every sample, in its block and in its tail. */
  finishJob(segment: number, value: number): Promise<void>
  /** The file of the accepted result of a segment. */
  resultPath(segment: number): string
  remove(): Promise<void>
}

/** A decoded song of three segments, each sample of which is 100, with its jobs in a ledger and its sound on disk. */
export async function openSongInWork(): Promise<SongInWork> {
  const { db, remove } = await openLedger()
  const folders = { root: await mkdtemp(join(tmpdir(), 'minus-one-song-')) }
  const plan = { modelId: 'm-1', grid: GRID, stems: ['vocals', 'rest'], rest: 'rest', needsWholeSong: false }
  const about = { fileName: 'a.wav', title: 'a', band: '', album: '', model: 'm', announcedSeconds: null, cover: null }
  const { id: songId, tracks } = addSong(db, { ...about, plan })
  requestMix(db, { songId, tracks: tracks.map(({ id }) => id) })
  await mkdir(songFolder(folders, songId), { recursive: true })
  await writeFile(pcmPath(folders, songId), bytesOf(new Int16Array(2 * SAMPLES).fill(100)))
  finishDecoding(db, { songId, samples: SAMPLES, statistics: { mean: 0, deviation: 1 }, warnings: [] })
  addJobs(db, { songId, segments: 3 })

  const jobOf = (segment: number) => {
    const job = jobOfSegment(db, { songId, segment })
    if (!job) throw new Error(`Segment ${segment} has no job.`)
    return job
  }
  const resultPath = (segment: number): string => {
    const { id: jobId, attempt } = jobOf(segment)
    return partialPath(folders, { songId, jobId, attempt })
  }
  return {
    db,
    folders,
    songId,
    song() {
      const song = getSong(db, songId)
      if (!song) throw new Error('The song is gone.')
      return song
    },
    async finishJob(segment, value) {
      const attempt = claimJob(db, { jobId: jobOf(segment).id, worker: 'w', delivery: `${segment}` })
      const bytes = bytesOf(new Float32Array(2 * partialSamples(GRID)).fill(value))
      await writeFile(resultPath(segment), bytes)
      acceptResult(db, { attempt, sha256: createHash('sha256').update(bytes).digest('hex'), seconds: 1 })
    },
    resultPath,
    async remove() {
      await remove()
      await rm(folders.root, { recursive: true, force: true })
    },
  }
}
