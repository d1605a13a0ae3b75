import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { wavHeader } from '../audio/wav.ts'
import { bytesOf, samplesOf, WAV_HEADER_BYTES } from '../song/pcm.ts'
import { peaksPerBlock } from '../song/peaks-per-block.ts'
import { countSegments, type Grid } from '../song/segment.ts'
import type { Database } from '../store/ledger/database.ts'
import { jobOfSegment, type SeparationJob } from '../store/queries/jobs.ts'
import { getSong, type Song } from '../store/queries/songs.ts'
import { countConfirmedBlocks } from '../store/queries/totals.ts'
import { readRange, writeAt } from '../store/song-files/file-ranges.ts'
import { type Folders, partialPath, pcmPath, peaksPath, stemPath } from '../store/song-files/paths.ts'
import { markBlockFinal } from '../store/transitions/jobs.ts'
import { blockBytes, finishBlock } from './overlap-add.ts'
import { readPartials } from './stored-result.ts'
import { peaksOf } from './waveform-peaks.ts'

/**
 * Makes each block final that the result of `segment` completes: its own block and the next one.
 * @returns the segments whose blocks became final
 */
export async function finishBlocks({
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
    const previous = index === 0 ? null : jobOfSegment(db, { songId, segment: index - 1 })
    if (!song || own?.state !== 'done' || own.blockSha256 !== null || previous === undefined) continue
    if (previous !== null && previous.state !== 'done') continue
    const sha256 = await writeBlock({ folders, song, own, previous })
    markBlockFinal(db, { jobId: own.id, sha256 })
    finished.push(index)
    for (const spent of jobsWithSpentResults({ db, song, index })) {
      await rm(partialPath(folders, { songId, jobId: spent.id, attempt: spent.attempt }), { force: true })
    }
  }
  return finished
}

/** Whether every block of the song is final and has a confirmed input. */
export function isWholeSongFinal(db: Database, song: Song): boolean {
  if (!song.isDecoded) return false
  return countConfirmedBlocks(db, song.id) === countSegments(song.plan.grid, song.samples)
}

/** Writes the WAV headers of a song's stems. Before that they are not playable files. */
export async function finishStems({ folders, song }: { folders: Folders; song: Song }): Promise<void> {
  for (const track of song.tracks) {
    await writeAt(stemPath(folders, { songId: song.id, trackId: track.id }), 0, wavHeader({ samples: song.samples }))
  }
}

/** Hashes a block of all stems as it is on disk. Returns null if a file is missing or too short. */
export async function hashBlock({
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
  const { start, length } = blockBytes(grid, segment, song.soundEndSample)
  for (const track of song.tracks) {
    const bytes = await readRange(
      stemPath(folders, { songId: song.id, trackId: track.id }),
      WAV_HEADER_BYTES + start,
      length,
    )
    if (bytes === null) return null
    hash.update(bytes)
  }
  return hash.digest('hex')
}

async function writeBlock({
  folders,
  song,
  own,
  previous,
}: {
  folders: Folders
  song: Song
  own: SeparationJob
  previous: SeparationJob | null
}): Promise<string> {
  const { plan } = song
  const { start, length } = blockBytes(plan.grid, own.segment, song.soundEndSample)
  const decoded = await readRange(pcmPath(folders, song.id), start, length)
  if (decoded === null)
    throw new Error(`Music[${song.id}]: its decoded sound ends before the end of block ${own.segment}.`)
  const { strideSamples, tailSamples } = plan.grid
  const tail = { startSample: strideSamples, samples: tailSamples }
  const body = { startSample: 0, samples: strideSamples }
  const stems = finishBlock({
    plan,
    song: samplesOf(decoded),
    tails: previous && (await readPartials({ folders, job: previous, plan, span: tail })),
    own: await readPartials({ folders, job: own, plan, span: body }),
  })
  const hash = createHash('sha256')
  for (const [position, track] of song.tracks.entries()) {
    const stem = stems[position]
    if (!stem)
      throw new Error(`Music[${song.id}] has ${song.tracks.length} tracks, but its model has ${stems.length} stems.`)
    const bytes = bytesOf(stem)
    hash.update(bytes)
    const place = { songId: song.id, trackId: track.id }
    await writeAt(stemPath(folders, place), WAV_HEADER_BYTES + start, bytes)
    await writeAt(peaksPath(folders, place), own.segment * peaksPerBlock(plan.grid), peaksOf(stem, plan.grid))
  }
  return hash.digest('hex')
}

/**
 * The jobs whose stored results are no longer needed after block `index` became final: their own block and the next one are
 * final.
 */
function jobsWithSpentResults({ db, song, index }: { db: Database; song: Song; index: number }): SeparationJob[] {
  const isFinal = (segment: number): boolean => {
    if (song.isDecoded && segment >= countSegments(song.plan.grid, song.samples)) return true
    const job = jobOfSegment(db, { songId: song.id, segment })
    return job !== undefined && job.blockSha256 !== null
  }
  return [index - 1, index].flatMap((segment) => {
    if (segment < 0 || !isFinal(segment) || !isFinal(segment + 1)) return []
    return jobOfSegment(db, { songId: song.id, segment }) ?? []
  })
}
