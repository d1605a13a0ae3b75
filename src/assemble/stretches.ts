import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { bytesOf, CHANNELS, samplesOf } from '../audio/pcm.ts'
import { WAV_HEADER_BYTES, wavHeader } from '../audio/wav.ts'
import type { Plan } from '../song/plan.ts'
import { countSegments, type Grid, partialSamples } from '../song/segment.ts'
import { readBlock, writeAt } from '../store/blocks.ts'
import type { Database } from '../store/database.ts'
import { type Job, jobOfSegment, jobsOfSong, markStretchFinal } from '../store/jobs.ts'
import { type Folders, partialPath, pcmPath, peaksPath, stemPath } from '../store/paths.ts'
import { getSong, type Song } from '../store/songs.ts'
import { finishStretch, stretchBytes } from './overlap-add.ts'
import { peaksOf, peaksPerStretch } from './peaks.ts'

const FLOAT_BYTES = 4

/** Bytes of one result: the partial sums of every computed stem, one after the other. */
export function resultBytes({ stems, grid }: Plan): number {
  return (stems.length - 1) * partialSamples(grid) * CHANNELS * FLOAT_BYTES
}

/**
 * Makes every stretch final that the result of `segment` completes: its own, and the one its tail runs into.
 * @returns the segments that became final
 */
export async function finishStretches({
  db,
  folders,
  songId,
  segment,
}: {
  db: Database
  folders: Folders
  songId: number
  segment: number
}): Promise<number[]> {
  const finished: number[] = []
  for (const index of [segment, segment + 1]) {
    const song = getSong(db, songId)
    const own = jobOfSegment(db, { songId, segment: index })
    const before = index === 0 ? null : jobOfSegment(db, { songId, segment: index - 1 })
    if (!song || own?.state !== 'done' || own.stretchSha256 !== null || before === undefined) continue
    if (before !== null && before.state !== 'done') continue
    const sha256 = await writeStretch({ folders, song, own, before })
    markStretchFinal(db, { jobId: own.id, sha256 })
    finished.push(index)
    for (const spent of spentJobs({ db, song, index })) {
      await rm(partialPath(folders, { songId, jobId: spent.id, attempt: spent.attempt }), { force: true })
    }
  }
  return finished
}

/** Whether every stretch of the song is final, and none is of sound that its decoding has yet to confirm. */
export function isWholeSongFinal(db: Database, song: Song): boolean {
  if (!song.isDecoded) return false
  const final = jobsOfSong(db, song.id).filter(({ stretchSha256, isAhead }) => stretchSha256 !== null && !isAhead)
  return final.length === countSegments(song.plan.grid, song.samples)
}

/** Gives the stems of a whole song their headers: from here on they are files that can be played. */
export async function finishStems({ folders, song }: { folders: Folders; song: Song }): Promise<void> {
  for (const track of song.tracks) {
    await writeAt(stemPath(folders, { songId: song.id, trackId: track.id }), 0, wavHeader({ samples: song.samples }))
  }
}

/** The hash of a final stretch of all stems as it is on disk now; null when a file is missing or too short. */
export async function hashStretch({
  folders,
  song,
  segment,
  grid,
}: {
  folders: Folders
  song: Song
  segment: number
  grid: Grid
}): Promise<string | null> {
  const hash = createHash('sha256')
  const { start, length } = stretchBytes(grid, segment, song.reach)
  for (const track of song.tracks) {
    const bytes = await readBlock(
      stemPath(folders, { songId: song.id, trackId: track.id }),
      WAV_HEADER_BYTES + start,
      length,
    )
    if (bytes === null) return null
    hash.update(bytes)
  }
  return hash.digest('hex')
}

async function writeStretch({
  folders,
  song,
  own,
  before,
}: {
  folders: Folders
  song: Song
  own: Job
  before: Job | null
}): Promise<string> {
  const { plan } = song
  const { start, length } = stretchBytes(plan.grid, own.segment, song.reach)
  const decoded = await readBlock(pcmPath(folders, song.id), start, length)
  if (decoded === null) throw new Error(`Music[${song.id}]: its decoded sound ends before stretch ${own.segment}.`)
  const { strideSamples, tailSamples } = plan.grid
  const tail = { startSample: strideSamples, samples: tailSamples }
  const body = { startSample: 0, samples: strideSamples }
  const stems = finishStretch({
    plan,
    song: samplesOf(decoded),
    tails: before && (await readPartials({ folders, job: before, plan, span: tail })),
    own: await readPartials({ folders, job: own, plan, span: body }),
  })
  const hash = createHash('sha256')
  for (const [position, track] of song.tracks.entries()) {
    const stem = stems[position]
    if (!stem) throw new Error(`Music[${song.id}] has ${song.tracks.length} tracks, its model ${stems.length} stems.`)
    const bytes = bytesOf(stem)
    hash.update(bytes)
    const place = { songId: song.id, trackId: track.id }
    await writeAt(stemPath(folders, place), WAV_HEADER_BYTES + start, bytes)
    await writeAt(peaksPath(folders, place), own.segment * peaksPerStretch(plan.grid), peaksOf(stem, plan.grid))
  }
  return hash.digest('hex')
}

/** A part of each stem's partial sums of a stored result, in samples from the stretch's first on. */
async function readPartials({
  folders,
  job,
  plan,
  span,
}: {
  folders: Folders
  job: Job
  plan: Plan
  span: { startSample: number; samples: number }
}): Promise<Float32Array[]> {
  const path = partialPath(folders, { songId: job.songId, jobId: job.id, attempt: job.attempt })
  const sampleBytes = CHANNELS * FLOAT_BYTES
  const stemBytes = partialSamples(plan.grid) * sampleBytes
  const stems = Array.from({ length: plan.stems.length - 1 }, (_, stem) => stem)
  return Promise.all(
    stems.map(async (stem) => {
      const bytes = await readBlock(path, stem * stemBytes + span.startSample * sampleBytes, span.samples * sampleBytes)
      if (!bytes) throw new Error(`Job[${job.id}]: its stored result is gone or too short.`)
      return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / FLOAT_BYTES)
    }),
  )
}

/** Of the jobs that met in a stretch, those whose partials nobody needs any more: their own stretch is final, and so is the next one. */
function spentJobs({ db, song, index }: { db: Database; song: Song; index: number }): Job[] {
  const isFinal = (segment: number): boolean => {
    if (song.isDecoded && segment >= countSegments(song.plan.grid, song.samples)) return true
    const job = jobOfSegment(db, { songId: song.id, segment })
    return job !== undefined && job.stretchSha256 !== null
  }
  return [index - 1, index].flatMap((segment) => {
    if (segment < 0 || !isFinal(segment) || !isFinal(segment + 1)) return []
    return jobOfSegment(db, { songId: song.id, segment }) ?? []
  })
}
