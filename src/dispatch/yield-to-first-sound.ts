import { assertNever } from '../song/errors.ts'
import { isBusyWithFirstSound, isFirstSound, isSoonDecoded, type SharedMachine } from './first-sound.ts'
import { jobToSwapFor } from './prefetch.ts'
import type { ClaimRequest, DecoderRequest, Snapshot } from './snapshot.ts'

/** A job should take less time than this. Other work does not wait longer for it. */
export const MAX_WAIT_MS = 1_200
/** Within this time a new final block reaches the page and is decoded there. */
export const DELIVERY_MS = 250

/**
 * The reason why a request waits, and the latest end of its wait.
 * - first-sound: its machine works on a first sound.
 * - delivery: the page is fetching and decoding the new block.
 * - upload: the upload of a song that is already played will end soon.
 */
export type Wait = { for: 'first-sound' | 'delivery' | 'upload'; untilMs: number }

/** How a worker's claim waits from now on. Null if it is to be answered now. A job that makes a first sound never waits. */
export function waitOfClaim(snapshot: Snapshot, claim: ClaimRequest, nowMs: number): Wait | null {
  const machine = sharedMachineOf(snapshot, claim.worker)
  if (!machine) return null
  const next = claim.job && (jobToSwapFor(snapshot, claim.job) ?? claim.job)
  const isOther = !next || !isFirstSound(snapshot, next)
  const isMachineBusy =
    next !== undefined &&
    isOther &&
    (isBusyWithFirstSound(snapshot, machine) ||
      (machine.hasServer && snapshot.playheads.some((playhead) => isSoonDecoded(snapshot, playhead))))
  const isUploadEnding = snapshot.uploadsEndingUntilMs.some((untilMs) => untilMs > nowMs)
  return nextWait({
    wait: claim.wait,
    nowMs,
    isMachineBusy,
    waitsForDelivery: isOther,
    // The song's first sound takes longer while its upload runs, and the listener may jump once the file is complete.
    waitsForUpload: claim.cameDuringUploadEnd && machine.hasServer && isOther && (isUploadEnding || isMachineBusy),
  })
}

/** How a decoder of the server waits from now on. Null if it may continue. A first sound that a worker separates is already decoded. */
export function waitOfDecoder(snapshot: Snapshot, { wait }: DecoderRequest, nowMs: number): Wait | null {
  const hosts = hostsOf(snapshot)
  const machine = { hasWorker: (worker: string) => hosts.get(worker) === snapshot.serverHost, hasServer: true }
  const isMachineBusy = isBusyWithFirstSound(snapshot, machine)
  return nextWait({ wait, nowMs, isMachineBusy, waitsForDelivery: true, waitsForUpload: false })
}

/** The latest time for the next decision about a wait. */
export function reconsiderAtMs({ uploadsEndingUntilMs }: Snapshot, wait: Wait, nowMs: number): number {
  const ends = wait.for === 'upload' ? uploadsEndingUntilMs.filter((untilMs) => untilMs > nowMs) : []
  return Math.min(wait.untilMs, ...ends)
}

function nextWait({
  wait,
  nowMs,
  isMachineBusy,
  waitsForDelivery,
  waitsForUpload,
}: {
  wait: Wait | null
  nowMs: number
  isMachineBusy: boolean
  waitsForDelivery: boolean
  waitsForUpload: boolean
}): Wait | null {
  const upload: Wait | null = waitsForUpload ? { for: 'upload', untilMs: nowMs + MAX_WAIT_MS } : null
  if (wait === null) return isMachineBusy ? { for: 'first-sound', untilMs: nowMs + MAX_WAIT_MS } : upload
  const isOver = nowMs >= wait.untilMs
  switch (wait.for) {
    case 'first-sound':
      if (isOver) return upload
      if (isMachineBusy) return wait
      return waitsForDelivery ? { for: 'delivery', untilMs: nowMs + DELIVERY_MS } : upload
    case 'delivery':
      return isOver ? upload : wait
    case 'upload':
      return isOver || !waitsForUpload ? null : wait
    default:
      return assertNever(wait.for)
  }
}

/** The machine of a worker; null if it is unknown, or if no other process shares it. */
export function sharedMachineOf(
  snapshot: Pick<Snapshot, 'workers' | 'serverHost'>,
  worker: string,
): SharedMachine | null {
  const hosts = hostsOf(snapshot)
  const host = hosts.get(worker)
  if (host === undefined) return null
  const hasWorker = (other: string) => other !== worker && hosts.get(other) === host
  const hasServer = host === snapshot.serverHost
  return hasServer || [...hosts.keys()].some(hasWorker) ? { hasWorker, hasServer } : null
}

function hostsOf({ workers }: Pick<Snapshot, 'workers'>): Map<string, string> {
  return new Map(workers.map(({ worker, host }) => [worker, host]))
}
