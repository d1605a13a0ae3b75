import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { StatisticsMeter } from '../src/audio/statistics-meter.ts'
import { graphCache, OWN_MODELS } from '../src/commands/model-folders.ts'
import { readConfig } from '../src/config.ts'
import { InstalledModels } from '../src/models/installed-models.ts'
import { openSeparator } from '../src/separate/open-separator.ts'
import { bytesOf } from '../src/song/pcm.ts'
import { framedSdrDb, median, sdrDb } from '../test/support/bss-eval.ts'
import { separateWhole } from '../test/support/engine.ts'
import { knownSong } from '../test/support/stempeg.ts'
import { pythonWith } from './python.ts'
import { samplesIn } from './samples.ts'

/*
 * Prints the SDR of each stem, plain and by BSS Eval v4, for songs with known stems. DIR has MUSDB's layout: folders with
 * mixture, vocals, drums, bass and other as sound files. Without DIR it uses the example of stempeg. --check prints the
 * largest difference from museval 0.4.1 on the same samples; it needs python3 with venv. No figure fails the run.
 *
 *     npm run bench:quality -- [DIR] [--model NAME]… [--check]
 */
type Song = { name: string; mix: Int16Array; stems: Record<string, Int16Array> }
type Row = { stem: string; plain: number; framed: number }

const PARTS = ['vocals', 'drums', 'bass', 'other'] as const
const REFERENCE = fileURLToPath(new URL('museval_reference.py', import.meta.url))

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { model: { type: 'string', multiple: true }, check: { type: 'boolean', default: false } },
})
const config = readConfig(process.env)
const installedModels = await InstalledModels.open([config.MODELS_DIR, OWN_MODELS])
const models = values.model ? values.model.map((name) => installedModels.find(name)) : installedModels.all
const [folder] = positionals
let largestDifference = 0

for (const model of models) {
  const { separator } = await openSeparator({
    model,
    threads: 2,
    provider: 'cpu',
    graphsFolder: graphCache(config),
  })
  const rows: Row[] = []
  for await (const song of folder ? songsBelow(folder) : example()) {
    const meter = new StatisticsMeter()
    meter.add(song.mix)
    const statistics = model.needsWholeSong ? meter.statistics() : null
    const estimates = await separateWhole({ model, separator }, song.mix, statistics)
    const stems = model.stems.filter((stem) => stem in song.stems)
    const truths = stems.map((stem) => song.stems[stem] ?? new Int16Array(0))
    const found = stems.map((stem) => estimates[model.stems.indexOf(stem)] ?? new Int16Array(0))
    const framed = framedSdrDb(truths, found)
    const its = stems.map((stem, i) => ({
      stem,
      plain: sdrDb(truths[i] ?? [], found[i] ?? []),
      framed: framed[i] ?? 0,
    }))
    rows.push(...its)
    console.log(`${model.name}, ${song.name}: ${its.map(inWords).join(', ')}`)
    if (values.check) await check(stems, { truths, estimates: found, framed })
  }
  if (rows.length === 0) throw new Error(`No folder below ${folder} has a mixture and its parts.`)
  console.log(`\n${model.name} (plain: mean and median over the songs; v4: median)\n`)
  for (const stem of new Set(rows.map((row) => row.stem))) {
    const its = rows.filter((row) => row.stem === stem)
    const plain = its.map((row) => row.plain)
    const mean = plain.reduce((sum, value) => sum + value, 0) / plain.length
    const cells = [mean, median(plain), median(its.map(({ framed }) => framed))].map((value) => value.toFixed(2))
    console.log(`| ${stem} | ${cells.join(' | ')} |`)
  }
  console.log('')
}
if (values.check) console.log(`largest difference from museval: ${largestDifference.toExponential(1)} dB`)

function inWords({ stem, plain, framed }: Row): string {
  return `${stem} ${plain.toFixed(2)} (v4 ${framed.toFixed(2)})`
}

async function* example(): AsyncGenerator<Song> {
  const { mix, stems } = await knownSong()
  const rounded = Object.entries(stems).map(([name, sound]) => [name, Int16Array.from(sound, Math.round)] as const)
  yield { name: 'stempeg', mix, stems: Object.fromEntries(rounded) }
}

async function* songsBelow(root: string): AsyncGenerator<Song> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const mixtures = entries.filter((entry) => entry.isFile() && basename(entry.name, extname(entry.name)) === 'mixture')
  for (const { parentPath, name } of mixtures.sort((a, b) => a.parentPath.localeCompare(b.parentPath))) {
    const extension = extname(name)
    const mix = await samplesIn(join(parentPath, name))
    const stems: Record<string, Int16Array> = {}
    for (const part of PARTS) stems[part] = await samplesIn(join(parentPath, part + extension))
    const { drums, bass, other } = stems
    stems['instrumental'] = mix.map((_, i) => (drums?.[i] ?? 0) + (bass?.[i] ?? 0) + (other?.[i] ?? 0))
    yield { name: relative(dirname(root), parentPath), mix, stems }
  }
}

/** Compares our figures with museval's on the same samples. */
async function check(
  stems: readonly string[],
  { truths, estimates, framed }: { truths: Int16Array[]; estimates: Int16Array[]; framed: number[] },
): Promise<void> {
  const place = await mkdtemp(join(tmpdir(), 'minus-one-museval-'))
  try {
    for (const [i, stem] of stems.entries()) {
      await writeFile(join(place, `${stem}.truth.s16`), bytesOf(truths[i] ?? new Int16Array(0)))
      await writeFile(join(place, `${stem}.estimate.s16`), bytesOf(estimates[i] ?? new Int16Array(0)))
    }
    const said = execFileSync(
      pythonWith('museval-venv', ['museval==0.4.1', 'setuptools<81']),
      [REFERENCE, place, ...stems],
      { encoding: 'utf8' },
    )
    const theirs = said.trim().split('\n').at(-1)?.split(' ').map(Number) ?? []
    for (const [i, value] of theirs.entries())
      largestDifference = Math.max(largestDifference, Math.abs(value - (framed[i] ?? 0)))
  } finally {
    await rm(place, { recursive: true })
  }
}
