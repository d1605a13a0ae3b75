import { createHash } from 'node:crypto'
import { CHANNELS, FLOAT_BYTES } from '../song/pcm.ts'
import { computedStems, type Plan } from '../song/plan.ts'
import { partialSamples, type Span } from '../song/segment.ts'
import type { SeparationJob } from '../store/queries/jobs.ts'
import { readExisting, readRanges } from '../store/song-files/file-ranges.ts'
import { type Folders, partialPath } from '../store/song-files/paths.ts'

/** Reads a span of every stem's partial sums from a stored result. The span is relative to the block's first sample. */
export async function readPartials({
  folders,
  job,
  plan,
  span,
}: {
  folders: Folders
  job: SeparationJob
  plan: Plan
  span: Span
}): Promise<Float32Array[]> {
  const path = partialPath(folders, { songId: job.songId, jobId: job.id, attempt: job.attempt })
  const sampleBytes = CHANNELS * FLOAT_BYTES
  const stemBytes = partialSamples(plan.grid) * sampleBytes
  const starts = computedStems(plan).map((_, stem) => stem * stemBytes + span.startSample * sampleBytes)
  const blocks = await readRanges(path, starts, span.samples * sampleBytes)
  if (!blocks) throw new Error(`Job[${job.id}]: its stored result is missing or too short.`)
  return blocks.map((bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / FLOAT_BYTES))
}

/** Whether the stored result of a job matches the ledger's hash. Jobs of a rebuilt ledger have no stored result. */
export async function isResultIntact(folders: Folders, job: SeparationJob): Promise<boolean> {
  return job.resultSha256 !== null && (await hashResult(folders, job)) === job.resultSha256
}

async function hashResult(folders: Folders, job: SeparationJob): Promise<string | null> {
  const path = partialPath(folders, { songId: job.songId, jobId: job.id, attempt: job.attempt })
  const bytes = await readExisting(path)
  return bytes && createHash('sha256').update(bytes).digest('hex')
}
