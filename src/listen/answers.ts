import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from '../song/pcm.ts'
import { blockOf, countSegments } from '../song/segment.ts'
import type { Database } from '../store/ledger/database.ts'
import { jobOfSegment, jobsOfSong, type SeparationJob } from '../store/queries/jobs.ts'
import { expectedSamples, type Song, secondsSince } from '../store/queries/songs.ts'
import { jobTotals } from '../store/queries/totals.ts'
import { filesOfSong, findMix, type StoredFile } from '../store/tables/files.ts'
import type { SegmentChange } from './events/page-events.ts'
import { progressOf } from './progress.ts'
import type { JobAnswer, Music, Progress, Segments } from './schemas.ts'

/** What the answers are made from. They only read. */
export type Answering = {
  db: Database
  /** BASE_PATH, the beginning of every link's path. */
  basePath: string
  /** Says why no worker can do the jobs of a song now. Null if one can. */
  whyWaiting(song: Song): string | null
  /** The seconds until the first segment of a song that waits is begun. Null if nothing is known. */
  beginsIn(songId: number): number | null
}

export function musicAnswer({ basePath }: Pick<Answering, 'basePath'>, song: Song): Music {
  return {
    music_id: song.id,
    name: song.title,
    band: song.band,
    tracks: song.tracks.map(({ id, stem }) => ({ name: stem, track_id: id })),
    duration: song.isDecoded ? round(song.samples / SAMPLE_RATE, 3) : song.announcedSeconds,
    model: song.model,
    state: song.state,
    warnings: song.warnings,
    cover: song.cover === null ? null : `${basePath}/music/${song.id}/cover`,
    arrival: song.uploadName,
  }
}

/** @param baseUrl "http://host" of the request, for links by the same way */
export function progressAnswer(
  { db, basePath, whyWaiting, beginsIn }: Answering,
  song: Song,
  baseUrl: string,
): Progress {
  const jobs = jobTotals(db, song.id)
  const link = (file: StoredFile) => `${baseUrl}${basePath}/file/${file.id}`
  const final = song.kept && findMix(db, { songId: song.id, mix: { tracks: song.kept, gains: {} } })
  const isReady = song.state === 'separated' && final?.isReady === true
  const samples = expectedSamples(song)
  const instruments = filesOfSong(db, song.id).flatMap((file) => {
    const track = file.isReady && song.tracks.find(({ id }) => id === file.trackId)
    return track ? [{ name: track.stem, track: link(file) }] : []
  })
  const waitsFor = song.state === 'separating' && jobs.running === 0 ? whyWaiting(song) : null
  const isNext = song.state === 'separating' && song.uploadName === null && jobs.done + jobs.running === 0
  return {
    progress: progressOf(song, { jobs, isMixReady: isReady }),
    instruments,
    ...(isReady ? { final: link(final) } : {}),
    music_id: song.id,
    state: stateOf(song, { isReady, isWaiting: waitsFor !== null }),
    error: song.error,
    waits_for: waitsFor,
    begins_in: isNext && waitsFor === null ? beginsIn(song.id) : null,
    tracks: song.kept ?? [],
    chunks: {
      total: countSegments(song.plan.grid, samples),
      final: song.isDecoded,
      done: jobs.done,
      running: jobs.running,
      redelivered: jobs.redelivered,
    },
    seconds: round(secondsOfWork(db, song), 3),
  }
}

function stateOf(song: Song, { isReady, isWaiting }: { isReady: boolean; isWaiting: boolean }): Progress['state'] {
  if (song.state === 'separated') return isReady ? 'ready' : 'mixing'
  return song.state === 'separating' && isWaiting ? 'waiting-for-workers' : song.state
}

function secondsOfWork(db: Database, { askedAt, separatedAt }: Song): number {
  if (askedAt === null || separatedAt === null) return secondsSince(db, askedAt)
  return Math.max(0, separatedAt - askedAt) / 1000
}

export function jobAnswer(job: SeparationJob, song: Song): JobAnswer {
  return {
    job_id: job.id,
    size: song.plan.grid.inputSamples * BYTES_PER_STEREO_SAMPLE,
    time: Math.floor(job.seconds),
    music_id: job.songId,
    track_id: song.tracks.map(({ id }) => id),
    state: job.state,
    worker: job.worker,
    attempt: job.attempt,
    seconds: round(job.seconds, 3),
  }
}

export function segmentsAnswer({ db }: Pick<Answering, 'db'>, song: Song): Segments {
  const { grid } = song.plan
  const samples = expectedSamples(song)
  const jobs = new Map(jobsOfSong(db, song.id).map((job) => [job.segment, job]))
  const total = Math.max(countSegments(grid, samples), ...[...jobs.keys()].map((segment) => segment + 1))
  return {
    sampleRate: SAMPLE_RATE,
    total,
    segments: Array.from({ length: total }, (_, index) => {
      return segmentAnswer(song, { index, samples, own: jobs.get(index), before: jobs.get(index - 1) })
    }),
  }
}

/** @param samples the song's length, or its expected length */
function segmentAnswer(
  { plan }: Song,
  {
    index,
    samples,
    own,
    before,
  }: { index: number; samples: number; own: SeparationJob | undefined; before: SeparationJob | undefined },
): Segments['segments'][number] {
  return {
    index,
    ...blockOf(plan.grid, index, samples),
    state: own ? (own.blockSha256 ? 'final' : own.state) : 'expected',
    worker: own?.worker ?? null,
    attempt: own?.attempt ?? 0,
    // A block changes after a new attempt of its own segment or of the one before it, whose tail it contains.
    version: own?.blockSha256 ? own.attempt + (before?.attempt ?? 0) : 0,
  }
}

/** All segments of a song, as the data of events. */
export function segmentChanges(answering: Pick<Answering, 'db'>, song: Song): SegmentChange[] {
  return segmentsAnswer(answering, song).segments.map((segment) => ({ music_id: song.id, ...segment }))
}

/** One segment of a song, as the data of an event. It is read alone, because a song of hours has thousands of segments and each changes five times. */
export function segmentChange({ db }: Pick<Answering, 'db'>, song: Song, index: number): SegmentChange {
  const [own, before] = [index, index - 1].map((segment) => jobOfSegment(db, { songId: song.id, segment }))
  return { music_id: song.id, ...segmentAnswer(song, { index, samples: expectedSamples(song), own, before }) }
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
