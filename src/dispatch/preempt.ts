import type { Job } from '../store/queries/jobs.ts'
import { isSoonDecoded } from './first-sound.ts'
import { lyricsJobsInTheWay } from './lyrics-turn.ts'
import { isInPrefetchWindow } from './prefetch.ts'
import { jobAt, type Snapshot } from './snapshot.ts'

/**
 * The jobs to stop so that the listener who moved last hears the block at the playhead sooner: jobs for lyrics first, whose worker
 * has the model of that block, then jobs of the same model that are outside of all prefetch windows. It stops only as many as that
 * block has jobs for which no worker is idle. It never stops a job in its second attempt, so repeated jumps cannot keep a job from
 * being done.
 */
export function jobsToPreempt(snapshot: Snapshot): Job[] {
  const { playheads, openSlots, claimed } = snapshot
  const [playhead] = playheads
  const song = playhead && snapshot.songs.get(playhead.songId)
  if (!playhead || !song || !openSlots) return []
  const { songId, segment, isDecoding = false } = playhead
  const own = jobAt(snapshot, playhead)
  if (own ? own.blockSha256 !== null : !isDecoding && !isSoonDecoded(snapshot, playhead)) return []
  const needed = segment === 0 ? [own] : [jobAt(snapshot, { songId, segment: segment - 1 }), own]
  const unbegun = needed.filter((job) => !job || job.state === 'waiting' || job.state === 'published')
  const separations = claimed.filter((job) => {
    const isFirstAttempt = job.kind === 'separate' && job.modelId === song.modelId && job.attempt === 1
    return isFirstAttempt && !playheads.some((each) => isInPrefetchWindow(job, each))
  })
  // The newest first: of a song these are the segments that are heard last.
  const others = [...lyricsJobsInTheWay(snapshot, song.modelId), ...separations.reverse()]
  return others.slice(0, Math.max(0, unbegun.length - openSlots.idleWorkers))
}
