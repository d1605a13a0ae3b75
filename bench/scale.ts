import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { StompClient } from '../src/broker/client/stomp-client.ts'
import { parseModel } from '../src/models/description.ts'
import type { Step } from '../src/separate/follow-invitation.ts'
import { JobConsumer } from '../src/separate/job-consumer.ts'
import { separationWork } from '../src/separate/job-work.ts'
import type { Separator } from '../src/separate/separator.ts'
import type { WorkerModels } from '../src/separate/worker-models.ts'
import { type Assignment, JOB_KINDS } from '../src/song/messages.ts'
import { partialSamples } from '../src/song/segment.ts'
import { writeModel } from '../test/support/onnx.ts'
import { startRabbitmq } from '../test/support/rabbitmq.ts'
import { randomNumbers, wavOf } from '../test/support/songs.ts'
import { client, startSystem } from '../test/support/system.ts'
import { until } from '../test/support/wait.ts'

/*
 * Prints how efficiently one server keeps workers busy: the ideal time as a share of the real time, jobs and megabytes a
 * second, and the server's processor time and ledger writes a job. Server and RabbitMQ are real, and so are the workers,
 * except that their network waits for a given time and returns silence. All run on this machine. No figure fails the run.
 *
 *     npm run bench:scale -- [--fake-seconds 1] [--workers 1,2,4,8,16,32] [--jobs 40] [--song-jobs 40]
 *                            [--samples 8192] [--stems 2]
 *
 * A job sends 4 bytes a sample, and its result has 8 bytes a sample for every stem except the rest: 32 and 64 kB by default.
 * --fake-seconds 0 --samples 199680 --stems 4 shows the limit of the data transfer: 0.8 and 4.8 MB, as with the bundled model.
 */
const { values: flags } = parseArgs({
  options: {
    'fake-seconds': { type: 'string', default: '1' },
    workers: { type: 'string', default: '1,2,4,8,16,32' },
    jobs: { type: 'string', default: '40' },
    'song-jobs': { type: 'string', default: '40' },
    samples: { type: 'string', default: '8192' },
    stems: { type: 'string', default: '2' },
  },
})
const FAKE_MS = Number(flags['fake-seconds']) * 1000
const JOBS_EACH = Number(flags.jobs)
/** Jobs of one song. 40 jobs of the bundled model are two and a half minutes. */
const SONG_JOBS = Number(flags['song-jobs'])
const SAMPLES = Number(flags.samples)
const STEMS = ['vocals', 'drums', 'bass', 'other'].slice(-Number(flags.stems))
const TICKS_A_SECOND = 100
/** When each result of the present measurement had been sent. */
let sent: number[] = []
/** Seconds that all jobs of the present measurement spent before each step. 'claimed' counts from the previous result. */
let spent: Record<Step, number> = { claimed: 0, fetched: 0, computed: 0, sent: 0 }

const folder = await mkdtemp(join(tmpdir(), 'minus-one-scale-'))
const modelsFolder = join(folder, 'models')
const gains = STEMS.map(() => 1 / STEMS.length)
const place = await writeModel(modelsFolder, { name: 'fake', samples: SAMPLES, stems: STEMS, rows: STEMS, gains })
const model = parseModel(readFileSync(join(place, 'model.json'), 'utf8'), place)
const rabbitmq = await startRabbitmq()
const address = { BROKER_HOST: '127.0.0.1', BROKER_PORT: String(rabbitmq.port) }
const system = await startSystem({
  ...address,
  MODELS_DIR: modelsFolder,
  MODEL: 'fake',
  WORKERS_HEALTHY: '0',
  MAX_REQUESTS_PER_MINUTE: '0',
})
const api = client(system.url)

try {
  console.log(
    'workers  jobs     ideal      real  efficiency  in full swing   jobs/s      MB/s  server CPU/job  rows written/job  claim/input/send',
  )
  for (const workers of flags.workers.split(',').map(Number)) await measure(workers)
} finally {
  await system.remove()
  await rabbitmq.remove()
  await rm(folder, { recursive: true, force: true })
}

async function measure(workers: number): Promise<void> {
  const jobs = workers * JOBS_EACH
  const consumers = Array.from({ length: workers }, (_, index) => startWorker(`fake${String(index).padStart(3, '0')}`))
  await until('the workers are there', async () => (await api.workers()).length === workers, { timeoutMs: 60_000 })
  const ids: number[] = []
  for (let left = jobs; left > 0; left -= SONG_JOBS) {
    const samples = Math.min(left, SONG_JOBS) * model.grid.strideSamples
    ids.push((await api.upload(wavOf(noise(samples)))).music_id)
  }
  const before = await present()
  sent = []
  spent = { claimed: 0, fetched: 0, computed: 0, sent: 0 }
  const began = performance.now()
  for (const id of ids) await api.keep(id, STEMS.slice(0, 1))
  // The workers report it, because polling the server would add load to the measurement.
  await until('all is sent', () => sent.length >= jobs, { timeoutMs: 1_800_000, everyMs: 5 })
  for (const id of ids) {
    const finished = async () =>
      (await api.progress(id)).chunks.done >= Math.min(jobs, SONG_JOBS, jobs - SONG_JOBS * ids.indexOf(id))
    await until('all is done', finished)
  }
  const seconds = (performance.now() - began) / 1000
  const after = await present()
  const ideal = (JOBS_EACH * FAKE_MS) / 1000
  const each = (seconds: number) => ((1000 * seconds) / jobs).toFixed(1)
  const megabytes = (jobs * (4 * SAMPLES + (STEMS.length - 1) * 8 * partialSamples(model.grid))) / 1e6
  console.log(
    [
      String(workers).padStart(7),
      String(jobs).padStart(5),
      `${ideal.toFixed(1)} s`.padStart(9),
      `${seconds.toFixed(2)} s`.padStart(9),
      ideal > 0 ? `${((100 * ideal) / seconds).toFixed(1)} %`.padStart(11) : '-'.padStart(11),
      FAKE_MS > 0 ? `${fullSwing(workers).toFixed(1)} %`.padStart(14) : '-'.padStart(14),
      (jobs / seconds).toFixed(1).padStart(8),
      (megabytes / seconds).toFixed(1).padStart(9),
      `${((1000 * (after.cpuSeconds - before.cpuSeconds)) / jobs).toFixed(1)} ms`.padStart(15),
      ((after.rows - before.rows) / jobs).toFixed(1).padStart(17),
      `${each(spent.claimed)}/${each(spent.fetched)}/${each(spent.sent)} ms`.padStart(17),
    ].join(' '),
  )
  await api.json('/reset', { method: 'POST' })
  await Promise.all(consumers.map((consumer) => consumer.close()))
  await until('they are gone', async () => (await api.workers()).length === 0, { timeoutMs: 60_000 })
}

/** The efficiency of the middle half of the jobs, without the start and the wait for the last jobs. */
function fullSwing(workers: number): number {
  const [first, last] = [1, 3].map((quarter) => workers * Math.round((quarter * JOBS_EACH) / 4) - 1) as [number, number]
  const took = (sent[last] ?? 0) - (sent[first] ?? 0)
  return (100 * (last - first) * FAKE_MS) / (workers * took)
}

/** A real worker with a network that only waits. */
function startWorker(name: string): JobConsumer {
  const silence = new Float32Array(partialSamples(model.grid) * 2)
  const separator: Separator = {
    grid: model.grid,
    stems: model.stems.filter((stem) => stem !== model.rest),
    async separate() {
      if (FAKE_MS > 0) await sleep(FAKE_MS)
      return this.stems.map(() => silence)
    },
  }
  const models = {
    usable: [model.id],
    kinds: JOB_KINDS,
    memoryMb: 1_000,
    offer: () => false,
    async workOf(assignment: Assignment) {
      if (assignment.kind !== 'separate') throw new Error('There are no lyrics here.')
      return separationWork(separator, assignment)
    },
  }
  const broker = new StompClient({
    address: { host: '127.0.0.1', port: rabbitmq.port, user: 'admin', password: 'admin', vhost: '/', tls: false },
    heartbeats: { outMs: 15_000, inMs: 15_000 },
    log: { info: () => undefined, warn: console.warn },
  })
  let lastStep: number | null = null
  return new JobConsumer({
    broker,
    worker: name,
    host: name,
    models: models as unknown as WorkerModels,
    log: pino({ level: 'warn' }),
    onStep(step) {
      const now = performance.now()
      if (lastStep !== null) spent[step] += (now - lastStep) / 1000
      lastStep = now
      if (step === 'sent') sent.push(now)
    },
  })
}

function noise(samples: number): Int16Array {
  const random = randomNumbers(1)
  return Int16Array.from({ length: 2 * samples }, () => (random() - 0.5) * 8_000)
}

/** Processor time that the server has used, and ledger rows that it has written, so far. */
async function present(): Promise<{ cpuSeconds: number; rows: number }> {
  const stat = readFileSync(`/proc/${system.child.pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
  const metrics = await (await fetch(`${system.url}/metrics`)).text()
  return {
    cpuSeconds: (Number(stat[11]) + Number(stat[12])) / TICKS_A_SECOND,
    rows: Number(/^minus_one_ledger_changes (\d+)/m.exec(metrics)?.[1]),
  }
}
