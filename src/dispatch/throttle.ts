import { assertNever } from '../song/errors.ts'
import { isBusyWithFirstSound, isFirstSound, isSoonDecoded, type SharedMachine } from './first-sound.ts'
import { jobToSwapFor } from './prefetch.ts'
import type { ClaimRequest, DecoderRequest, Snapshot } from './snapshot.ts'

/** One job should take less. Where it takes more, other work must not wait for it. */
export const LONGEST_WAIT_MS = 1_200
/** In this time a block that has just become final reaches the page and is decoded there. */
export const DELIVERY_MS = 250

/**
 * Why a request waits, and until when at most. first-sound: its machine is at awaited work. delivery: the awaited block is
 * on its way to the page. upload: the rest of a file that is played already is about to arrive.
 */
export type Wait = { for: 'first-sound' | 'delivery' | 'upload'; untilMs: number }

/** How a worker's claim waits from now on; null where it is to be answered. Awaited work never waits. */
export function throttleClaim(snapshot: Snapshot, claim: ClaimRequest, nowMs: number): Wait | null {
  const machine = sharedMachineOf(snapshot, claim.worker)
  if (!machine) return null
  const next = claim.job && (jobToSwapFor(snapshot, claim.job) ?? claim.job)
  const isOther = !next || !isFirstSound(snapshot, next)
  const isMachineTaken =
    next !== undefined &&
    isOther &&
    (isBusyWithFirstSound(snapshot, machine) ||
      (machine.hasServer && snapshot.playheads.some((playhead) => isSoonDecoded(snapshot, playhead))))
  const isUploadEnding = snapshot.uploadsEndingUntilMs.some((untilMs) => untilMs > nowMs)
  return nextWait({
    wait: claim.wait,
    nowMs,
    isMachineTaken,
    waitsForDelivery: isOther,
    // The first sound of that file takes longer beside its upload, and its listener may jump to another part next.
    waitsForUpload: claim.cameDuringUploadEnd && machine.hasServer && isOther && (isUploadEnding || isMachineTaken),
  })
}

/** How a decoder of the server waits from now on; null where it may go on. Awaited work is decoded already, so it needs no decoder. */
export function throttleDecoder(snapshot: Snapshot, { wait }: DecoderRequest, nowMs: number): Wait | null {
  const hosts = hostsOf(snapshot)
  const machine = { hasWorker: (worker: string) => hosts.get(worker) === snapshot.serverHost, hasServer: true }
  const isMachineTaken = isBusyWithFirstSound(snapshot, machine)
  return nextWait({ wait, nowMs, isMachineTaken, waitsForDelivery: true, waitsForUpload: false })
}

/** When a wait has to be decided again at the latest, where nothing changes before. */
export function reconsiderAtMs({ uploadsEndingUntilMs }: Snapshot, wait: Wait, nowMs: number): number {
  const ends = wait.for === 'upload' ? uploadsEndingUntilMs.filter((untilMs) => untilMs > nowMs) : []
  return Math.min(wait.untilMs, ...ends)
}

function nextWait({
  wait,
  nowMs,
  isMachineTaken,
  waitsForDelivery,
  waitsForUpload,
}: {
  wait: Wait | null
  nowMs: number
  isMachineTaken: boolean
  waitsForDelivery: boolean
  waitsForUpload: boolean
}): Wait | null {
  const upload: Wait | null = waitsForUpload ? { for: 'upload', untilMs: nowMs + LONGEST_WAIT_MS } : null
  if (wait === null) return isMachineTaken ? { for: 'first-sound', untilMs: nowMs + LONGEST_WAIT_MS } : upload
  const isOver = nowMs >= wait.untilMs
  switch (wait.for) {
    case 'first-sound':
      if (isOver) return upload
      if (isMachineTaken) return wait
      return waitsForDelivery ? { for: 'delivery', untilMs: nowMs + DELIVERY_MS } : upload
    case 'delivery':
      return isOver ? upload : wait
    case 'upload':
      return isOver || !waitsForUpload ? null : wait
    default:
      return assertNever(wait.for)
  }
}

/** The machine that a worker runs on; null where it is not known, or where nobody else runs there. */
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
