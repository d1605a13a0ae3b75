/** The open jobs of a model, and the workers that take them. */
export type ModelQueue = {
  /** The songs of the open jobs, in the order in which workers get these. A song may be named several times. */
  songIds: Iterable<number>
  /** The seconds that each worker needs for a job. */
  secondsPerJob: readonly number[]
  /** The ages of the running jobs, in seconds. */
  runningSeconds: readonly number[]
  /** The share (0 to 1) of all jobs that listeners will need first while they play on. */
  listenersShare: number
}

/** However many people listen, other songs are estimated to get this share of the jobs. */
const MIN_SHARE = 0.25
/** A job that runs longer than expected should end within this share of its expected duration. */
const MIN_REST = 0.1

/** From these seconds on, estimates are rounded to so many. People round a longer time more coarsely. */
const ROUNDING = [
  { from: 3_600, step: 1_800 },
  { from: 600, step: 300 },
  { from: 90, step: 60 },
  { from: 10, step: 5 },
] as const

/**
 * Estimates in how many seconds the first job of each song begins. The job at place n of the queue begins when n workers have
 * ended a job, and workers at work end their job after what is left of it.
 */
export function estimateBegins({
  songIds,
  secondsPerJob,
  runningSeconds,
  listenersShare,
}: ModelQueue): Map<number, number> {
  const begins = new Map<number, number>()
  const workers = secondsPerJob.length
  if (workers === 0) return begins
  const jobsPerSecond = secondsPerJob.reduce((sum, seconds) => sum + 1 / seconds, 0)
  const meanSeconds = workers / jobsPerSecond
  const rests = runningSeconds.map((age) => Math.max(MIN_REST * meanSeconds, meanSeconds - age))
  const idle = Math.max(0, workers - rests.length)
  // Idle workers begin the first jobs now, so the other jobs wait for the whole of these.
  const meanRest = (rests.reduce((sum, rest) => sum + rest, 0) + idle * meanSeconds) / (rests.length + idle)
  const share = Math.max(MIN_SHARE, 1 - listenersShare)
  let place = 0
  for (const songId of songIds) {
    const before = place++ - idle
    const seconds = before < 0 ? 0 : (before / jobsPerSecond + meanRest / workers) / share
    if (!begins.has(songId)) begins.set(songId, seconds)
  }
  return begins
}

/** Rounds an estimate as a person would. It is never below a second. */
export function roundSeconds(seconds: number): number {
  const step = ROUNDING.find(({ from }) => seconds >= from)?.step ?? 1
  return Math.max(1, Math.round(seconds / step) * step)
}
