import { hostname } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import type { Dispatch } from '../dispatch/dispatch.ts'
import { isAwaitedBeside, isInvitedToAwaited, LONGEST_HOLD_MS, shouldWait } from '../dispatch/first-sound.ts'
import type { Database } from '../store/database.ts'

type Ledger = { db: Database; dispatch: Dispatch }

const LOOK_EVERY_MS = 20

/** What somebody waits for in silence is still on its way to them, and their page has to decode it. */
const ON_ITS_WAY_MS = 250

/** Lets a worker wait while its machine is at work on what somebody waits for in silence. */
export async function holdClaim(
  { db, dispatch, isRestComing }: Ledger & { isRestComing(): boolean },
  { worker, ...invitation }: { worker: string; jobId: number; generation: number },
): Promise<void> {
  const playheads = () => dispatch.listening()
  const hosts = hostsOf(dispatch)
  const host = hosts.get(worker)
  const isSameMachine = (other: string) => other !== worker && hosts.get(other) === host
  const isServersMachine = host === hostname()
  if (!isServersMachine && ![...hosts.keys()].some(isSameMachine)) return
  const isAwaited = () => shouldWait(db, { invitation, playheads: playheads(), isSameMachine, isServersMachine })
  const isFree = () => isInvitedToAwaited(db, { invitation, playheads: playheads() }) !== true
  const isFileComingIn = isServersMachine && isRestComing()
  await holdWhile(isAwaited, isFree)
  if (!isFileComingIn) return
  // Its sound takes longer beside its upload; and whoever hears its beginning may want another part of it next.
  await holdWhile(
    () => isFree() && (isRestComing() || isAwaited()),
    () => false,
  )
}

/** Lets the server's decoding wait while its machine is. What it is at work on is decoded already. */
export function holdDecoding({ db, dispatch }: Ledger): Promise<void> {
  const hosts = hostsOf(dispatch)
  const isSameMachine = (worker: string) => hosts.get(worker) === hostname()
  return holdWhile(() =>
    isAwaitedBeside(db, { playheads: dispatch.listening(), isSameMachine, isServersMachine: true }),
  )
}

function hostsOf({ workers }: Dispatch): Map<string, string> {
  return new Map(workers.list().map(({ worker, host }) => [worker, host]))
}

/** @param isInTheWay whether what was held would take the cores from what was waited for, on its last way too */
async function holdWhile(isAwaited: () => boolean, isInTheWay = () => true): Promise<void> {
  if (!isAwaited()) return
  const deadline = performance.now() + LONGEST_HOLD_MS
  while (performance.now() < deadline && isAwaited()) await setTimeout(LOOK_EVERY_MS)
  const hasCome = performance.now() < deadline
  if (hasCome && isInTheWay()) await setTimeout(ON_ITS_WAY_MS)
}
