import { prefetchWindow } from '../song/prefetch-window.ts'
import type { LyricsJob } from '../store/queries/jobs.ts'
import { isSoonDecoded } from './first-sound.ts'
import type { Playhead } from './playheads.ts'
import { jobAt, type Snapshot } from './snapshot.ts'

/*
 * When jobs for lyrics have their turn. A person who waits for sound goes before a person who waits for words:
 *
 * - While a separation within a prefetch window (40 s ahead of a playhead) or the first job of a song waits or is published, no job
 *   for lyrics is offered or begun. An invitation that is already out is taken back when it is claimed.
 * - While other separations wait, one job for lyrics is offered after SEPARATIONS_PER_LYRICS_JOB of them. So words come while a long
 *   song is still separated: a job for lyrics takes about as long as six separations.
 * - When no separation waits, each worker has one invitation.
 *
 * The first words of a song therefore come as soon as its first 40 s are separated. These rules look only at separations of models
 * that the same workers have.
 */

/** So many separations go before each job for lyrics while both wait. */
export const SEPARATIONS_PER_LYRICS_JOB = 6

/** One for each worker. With a second one the worker would be at lyrics for longer when a separation comes. */
export function countLyricsSlots({ workers, outstanding }: { workers: number; outstanding: number }): number {
  return Math.max(0, workers - outstanding)
}

/** Whether a separation that must go before all jobs for lyrics waits for a worker. @param lyricsModelId the model of the lyrics */
export function isSeparationUrgent(snapshot: Snapshot, lyricsModelId: string): boolean {
  const models = modelsBeside(snapshot, lyricsModelId)
  if ([...models].some((modelId) => snapshot.lyrics?.modelsWithFirstSound.has(modelId))) return true
  return snapshot.playheads.some((playhead) => isListenerWaiting(snapshot, playhead, models))
}

/** The jobs for lyrics to invite workers to now. */
export function lyricsJobsToPublish(snapshot: Snapshot): LyricsJob[] {
  if (!snapshot.openSlots) return []
  return (snapshot.lyrics?.models ?? []).flatMap(({ modelId, slots, waiting }) => {
    if (isSeparationUrgent(snapshot, modelId)) return []
    if (!isSeparationWaiting(snapshot, modelId)) return waiting.slice(0, slots)
    const hasTurn = (snapshot.lyrics?.separationsSinceLast ?? 0) >= SEPARATIONS_PER_LYRICS_JOB
    return hasTurn ? waiting.slice(0, Math.min(1, slots)) : []
  })
}

/** The jobs for lyrics at whose workers separations of a model could be done instead. None is stopped in its second attempt. */
export function lyricsJobsInTheWay({ claimed, workers }: Snapshot, modelId: string): LyricsJob[] {
  const able = new Set(workers.flatMap(({ worker, models }) => (models.includes(modelId) ? worker : [])))
  return claimed
    .filter((job) => job.kind === 'lyrics')
    .filter(({ worker, attempt }) => attempt === 1 && worker !== null && able.has(worker))
}

/** The job for lyrics to stop for the first sound of a song without a listener, if no worker is idle. */
export function lyricsJobsToPreempt(snapshot: Snapshot): LyricsJob[] {
  if (!snapshot.openSlots || snapshot.openSlots.idleWorkers > 0) return []
  const models = [...(snapshot.lyrics?.modelsWithFirstSound ?? [])]
  return models.flatMap((modelId) => lyricsJobsInTheWay(snapshot, modelId)).slice(0, 1)
}

/** The other models of the workers that have this one. */
function modelsBeside({ workers }: Snapshot, modelId: string): ReadonlySet<string> {
  const all = workers.flatMap(({ models }) => (models.includes(modelId) ? models : []))
  return new Set(all.filter((id) => id !== modelId))
}

/** Whether a listener needs a separation that no worker has begun, or sound that will be decoded in a moment. */
function isListenerWaiting(snapshot: Snapshot, playhead: Playhead, models: ReadonlySet<string>): boolean {
  const song = snapshot.songs.get(playhead.songId)
  if (!song || !models.has(song.modelId)) return false
  const isToBeDecoded = !jobAt(snapshot, playhead) && playhead.isDecoding === true && !song.isDecoded
  if (isToBeDecoded || isSoonDecoded(snapshot, playhead)) return true
  const { first, last } = prefetchWindow(playhead.segment)
  for (let segment = first; segment <= last; segment++) {
    const state = jobAt(snapshot, { songId: playhead.songId, segment })?.state
    if (state === 'waiting' || state === 'published') return true
  }
  return false
}

/** Whether a separation may wait that these workers could do. If all its slots are taken, more may wait behind. */
function isSeparationWaiting(snapshot: Snapshot, lyricsModelId: string): boolean {
  const models = modelsBeside(snapshot, lyricsModelId)
  const hasWaiting = ({ slots, nextSongs }: { slots: number; nextSongs: readonly unknown[] }) =>
    slots === 0 || nextSongs.length > 0
  return (snapshot.openSlots?.models ?? []).some((each) => models.has(each.modelId) && hasWaiting(each))
}
