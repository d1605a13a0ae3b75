import { OFFERS } from '../models/catalogue.ts'
import { type Model, modelBytes } from '../models/description.ts'
import type { InstalledModels } from '../models/installed-models.ts'
import { SAMPLE_RATE } from '../song/pcm.ts'
import type { Database } from '../store/ledger/database.ts'
import { secondsPerJob } from '../store/queries/jobs.ts'
import type { Song } from '../store/queries/songs.ts'
import type { ConnectedWorkers } from './connected-workers.ts'
import type { ModelAnswer } from './schemas.ts'

/** Says why no worker can do the jobs of a song now, and what to do. Null if one can. */
export function whyWaiting(
  { workers, installedModels }: { workers: ConnectedWorkers; installedModels: InstalledModels },
  { model, plan }: Song,
): string | null {
  if (workers.available(plan.modelId) > 0) return null
  if (workers.available() === 0) return 'No worker is connected.'
  const known = installedModels.byId(plan.modelId)
  if (!known) return `The model ${model} it was added for is no longer installed. Install it, or add the song again.`
  const largest = Math.max(...workers.list().map(({ memoryMb }) => memoryMb))
  return largest < known.memoryMb
    ? `No connected worker has the memory for ${model}: it takes ${known.memoryMb} MB, the largest has ${Math.round(largest)} MB (WORKER_MEMORY_MB).`
    : `No connected worker can use ${model}; their logs say why.`
}

/** The installed models, then those that can be installed by name. */
export function modelAnswers({
  db,
  installedModels,
  defaultModel,
  workers,
}: {
  db: Database
  installedModels: InstalledModels
  defaultModel: string
  workers: ConnectedWorkers
}): ModelAnswer[] {
  const installed = installedModels.all.map((model): ModelAnswer => {
    const measured = secondsPerJob(db, model.id)
    return {
      ...aboutModel(model),
      installed: true,
      default: model.name === defaultModel,
      workers: workers.available(model.id),
      seconds_per_second: perSecond(model, measured ?? model.secondsPerSegment),
      megabytes: Math.round(modelBytes(model) / 1e6),
    }
  })
  const offered = OFFERS.filter(({ name }) => !installedModels.get(name)).map((offer): ModelAnswer => {
    const { secondsPerSegment, waveform, megabytes } = offer
    return {
      ...aboutModel(offer),
      installed: false,
      default: false,
      workers: 0,
      seconds_per_second: round((secondsPerSegment * SAMPLE_RATE) / (waveform.samples * 0.75)),
      megabytes,
    }
  })
  return [...installed, ...offered]
}

type About = Pick<Model, 'name' | 'title' | 'stems' | 'sdrDb' | 'memoryMb' | 'licence' | 'source'>

function aboutModel({ name, title, stems, sdrDb, memoryMb, licence, source }: About) {
  return { name, title, stems, sdr: sdrDb, memory_mb: memoryMb, licence, source }
}

/** Seconds of work for one second of sound. */
function perSecond({ grid }: Model, secondsPerSegment: number): number {
  return round((secondsPerSegment * SAMPLE_RATE) / grid.strideSamples)
}

function round(value: number): number {
  return Number(value.toPrecision(3))
}
