import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PcmWindow } from '../src/audio/pcm-window.ts'
import { StatisticsMeter } from '../src/audio/statistics-meter.ts'
import { wavHeader } from '../src/audio/wav.ts'
import { OFFERS } from '../src/models/catalogue.ts'
import { InstalledModels } from '../src/models/installed-models.ts'
import { openSeparator } from '../src/separate/open-separator.ts'
import { bytesOf, SAMPLE_RATE } from '../src/song/pcm.ts'
import { countSegments, inputOf } from '../src/song/segment.ts'
import { pythonWith } from './python.ts'
import { samplesIn } from './samples.ts'

/*
 * Runs a graph of the htdemucs family in this program and in the Python package demucs-onnx 0.3.4. Prints time and memory
 * of whole processes, measured by turns, with their ratio, and the largest difference of each stem before rounding. No figure
 * fails the run. Needs python3 with venv.
 *
 *     npm run bench:waveform -- htdemucs.onnx SONG [SECONDS]
 */
const PAIRS = 3
const [graphFile = '', song = '', seconds = '40'] = process.argv.slice(2)
const LAUNCHER = fileURLToPath(new URL('../bin/minus-one', import.meta.url))
const REFERENCE = fileURLToPath(new URL('demucs_reference.py', import.meta.url))

for (const file of [graphFile, song]) if (!existsSync(file)) throw new Error(`There is no '${file}'.`)
const python = pythonWith('demucs-venv', ['demucs-onnx==0.3.4'])
const folder = await mkdtemp(join(tmpdir(), 'minus-one-waveform-'))
/** Empty at first, so the first pair includes the time to optimise the graph. */
const cache = join(folder, 'cache')
try {
  const models = await makeModelsFolder(resolve(graphFile))
  const { wav, pcm } = await cut(song, Number(seconds))
  const theirs = [python, REFERENCE, resolve(graphFile), wav, join(folder, 'theirs')]
  const ours = [
    process.execPath,
    LAUNCHER,
    'separate',
    wav,
    '-o',
    join(folder, 'ours'),
    '--model',
    'htdemucs',
    '--force',
  ]
  const environment = { ...process.env, MODELS_DIR: models, CACHE_DIR: cache }
  const pairs = Array.from({ length: PAIRS }, () => {
    const load = (loadavg()[0] ?? 0).toFixed(2)
    return { load, ours: wallAndMemory(ours, environment), theirs: wallAndMemory(theirs, environment) }
  })
  for (const { load, ours: us, theirs: them } of pairs) {
    const ratio = (them.seconds / us.seconds).toFixed(2)
    console.log(
      `load ${load}: ours ${us.seconds.toFixed(1)} s ${us.memoryMb} MB, demucs-onnx ${them.seconds.toFixed(1)} s ${them.memoryMb} MB, ${ratio} x`,
    )
  }
  await compare(models, pcm)
} finally {
  await rm(folder, { recursive: true, force: true })
}

/** Compares the sums of our separator's float partial sums with the float stems of demucs-onnx. */
async function compare(models: string, pcm: Int16Array): Promise<void> {
  const model = (await InstalledModels.open([models])).find('htdemucs')
  const { separator } = await openSeparator({
    model,
    threads: availableParallelism(),
    provider: 'cpu',
    graphsFolder: join(cache, 'graphs'),
  })
  const { grid, stems } = separator
  const window = new PcmWindow()
  window.append(Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength))
  const meter = new StatisticsMeter()
  meter.add(pcm)
  const statistics = meter.statistics()
  const sums = stems.map(() => new Float64Array(pcm.length + 2 * grid.inputSamples))
  for (let index = 0; index < countSegments(grid, pcm.length / 2); index++) {
    const partials = await separator.separate({ input: window.read(inputOf(grid, index)), index, statistics })
    for (const [stem, partial] of partials.entries()) {
      for (let i = 0, at = 2 * index * grid.strideSamples; i < partial.length; i++, at++) {
        const sum = sums[stem]
        if (sum) sum[at] = (sum[at] ?? 0) + (partial[i] ?? 0)
      }
    }
  }
  for (const [stem, name] of stems.entries()) {
    const bytes = await readFile(join(folder, 'theirs', `${name}.f32`))
    const truth = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
    let largest = 0
    let at = 0
    // The window of demucs-onnx is 0 at the song's first sample, so its output is silent there.
    for (let i = 2; i < truth.length; i++) {
      const difference = Math.abs((sums[stem]?.[i] ?? 0) / 32_768 - (truth[i] ?? 0))
      if (difference > largest) [largest, at] = [difference, i >> 1]
    }
    const loudest = truth.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    console.log(
      `${name}: largest difference ${largest.toExponential(2)} at sample ${at} (loudest value ${loudest.toFixed(3)})`,
    )
  }
}

async function makeModelsFolder(graph: string): Promise<string> {
  const offer = OFFERS.find(({ name }) => name === 'htdemucs')
  const models = join(folder, 'models')
  const place = join(models, 'htdemucs')
  await mkdir(place, { recursive: true })
  await link(graph, join(place, 'htdemucs.onnx')).catch(async () =>
    writeFile(join(place, 'htdemucs.onnx'), await readFile(graph)),
  )
  const bytes = await readFile(graph)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const graphs = offer?.graphs.map((each) => ({ ...each, sha256, bytes: bytes.length }))
  await writeFile(join(place, 'model.json'), JSON.stringify({ ...offer, graphs }))
  return models
}

/** The beginning of the song as 16-bit WAV, so that both programs decode the same samples. */
async function cut(path: string, wanted: number): Promise<{ wav: string; pcm: Int16Array }> {
  const pcm = (await samplesIn(path)).slice(0, 2 * wanted * SAMPLE_RATE)
  const wav = join(folder, 'song.wav')
  await writeFile(wav, Buffer.concat([wavHeader({ samples: pcm.length / 2 }), bytesOf(pcm)]))
  return { wav, pcm }
}

function wallAndMemory(
  [command = '', ...words]: string[],
  env: NodeJS.ProcessEnv,
): { seconds: number; memoryMb: number } {
  const report = join(folder, 'time.txt')
  execFileSync('/usr/bin/time', ['-f', '%e %M', '-o', report, command, ...words], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const [wall = '', kilobytes = ''] = execFileSync('cat', [report], { encoding: 'utf8' }).trim().split(' ')
  return { seconds: Number(wall), memoryMb: Math.round(Number(kilobytes) / 1024) }
}
