import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SAMPLE_RATE } from '../../src/song/pcm.ts'
import { startRabbitmq } from './rabbitmq.ts'
import { client, type Process, startProcess, startSystem } from './system.ts'
import { until } from './wait.ts'

/** The stride of the bundled models: each job adds this many samples. */
export const JOB_SAMPLES = 160 * 1024
/** Seven and a half strides, so that the song has exactly eight jobs. */
export const EIGHT_JOBS_SECONDS = (7.5 * JOB_SAMPLES) / SAMPLE_RATE

export type Stems = Map<string, Buffer>

export type Run = {
  /** The log lines of server and workers in the order of time. */
  log: string
  stems: Stems
  final: Buffer
  redelivered: number
}

/**
 * Separates one song with a real server and real workers. The unhealthy ones kill themselves with SIGKILL
 * `crashAfterSeconds` after their first job began.
 */
export async function runSong({
  song,
  broker,
  healthy,
  unhealthy = 0,
  crashAfterSeconds = 0.05,
}: {
  song: Uint8Array
  broker: 'embedded' | 'rabbitmq'
  healthy: number
  unhealthy?: number
  crashAfterSeconds?: number
}): Promise<Run> {
  const rabbitmq = broker === 'rabbitmq' ? await startRabbitmq() : null
  const workers = {
    WORKERS_HEALTHY: String(healthy),
    WORKERS_UNHEALTHY: String(unhealthy),
    WORKER_SIMULATE_CRASH_AFTER: String(crashAfterSeconds),
  }
  const address = rabbitmq ? { BROKER_HOST: '127.0.0.1', BROKER_PORT: String(rabbitmq.port) } : {}
  const system = await startSystem(rabbitmq ? address : workers)
  let work: Process | null = null
  try {
    if (rabbitmq) work = startProcess(['work'], { ...address, ...workers })
    const api = client(system.url)
    const everybody = healthy + unhealthy
    await until(`${everybody} workers are there`, async () => (await api.workers()).length === everybody, {
      timeoutMs: 90_000,
    })
    const music = await api.upload(song)
    await api.keep(music.music_id, ['instrumental'])
    const ready = await api.ready(music.music_id, 180_000)
    const stems: Stems = new Map()
    for (const { name, track } of ready.instruments) stems.set(name, await api.sound(track))
    return {
      log: inOrder([system.log(), work?.log() ?? '']),
      stems,
      final: await api.sound(ready.final ?? ''),
      redelivered: ready.chunks.redelivered,
    }
  } finally {
    await work?.stop()
    await system.remove()
    await rabbitmq?.remove()
  }
}

/** Separates the same song by the command line, without a crash. */
export async function separateAlone(path: string, folder: string): Promise<Stems> {
  const process_ = startProcess(['separate', path, '--output', folder, '--json'])
  const code = await new Promise<number | null>((resolve) => process_.child.once('exit', resolve))
  if (code !== 0) throw new Error(`separate ended with ${code}:\n${process_.log()}`)
  const { files } = JSON.parse(process_.log().trim().split('\n').at(-1) ?? '') as { files: string[] }
  const stems: Stems = new Map()
  for (const file of files) {
    const bytes = await readFile(file)
    stems.set(file.slice(join(file, '..').length + 1, -'.wav'.length), samplesOfWav(bytes))
  }
  return stems
}

export function samplesOfWav(bytes: Buffer): Buffer {
  return bytes.subarray(44, 44 + bytes.readUInt32LE(40))
}

/** Sorts the lines of several logs by time; lines of the same second keep the order of their log. */
function inOrder(logs: readonly string[]): string {
  const lines = logs.flatMap((log) => log.split('\n').filter(Boolean))
  return lines
    .map((line, index) => ({ line, index }))
    .sort((a, b) => a.line.slice(0, 19).localeCompare(b.line.slice(0, 19)) || a.index - b.index)
    .map(({ line }) => line)
    .join('\n')
}
