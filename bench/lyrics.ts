import { execFile } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { readLyrics } from '../src/lyrics/formats/read-lyrics.ts'
import { spellingOf } from '../src/lyrics/timing/match-words.ts'
import { timeLyrics } from '../src/lyrics/timing/time-lyrics.ts'
import { toMono16k } from '../src/lyrics/timing/to-mono.ts'
import { readSpeechModel } from '../src/models/speech-model.ts'
import { openWhisper } from '../src/separate/speech/whisper.ts'
import type { Lyrics, LyricsLine, LyricsWord } from '../src/song/lyrics.ts'
import type { LyricsTaskResult } from '../src/song/lyrics-task.ts'

/*
 * How well words are placed, and heard, on songs whose words are known: UltraStar folders (song.txt beside the sound), and sound
 * files with NAME.csv (word_start, word_end) and NAME.lines.csv (start_time, lyrics_line) beside them, as in the JamendoLyrics
 * collection. The voice of each song is separated once and kept in the folder of temporary files.
 *
 *     npm run bench:lyrics -- FOLDER...
 */
const VOICES = join(tmpdir(), 'minus-one-bench-voices')
const RIGHT_MS = 300
const WRONG_MS = 500
const WAV_HEADER_BYTES = 44

type Known = { name: string; sound: string; language: string; lyrics: Lyrics }

const model = await readSpeechModel('models/whisper-base')
const whisper = await openWhisper(model, { folder: 'models/whisper-base', threads: 1 })
const rows: Row[] = []
type Row = {
  language: string
  given: number
  givenMedian: number
  text: number
  textMedian: number
  caught: number
  marked: number
  wrongWords: number
  wer: number
}
for (const song of await songsOf(process.argv.slice(2))) {
  const voice = await voiceOf(song)
  const seconds = voice.length / 16_000
  const never = new AbortController().signal
  // What was heard for the draft is used again for the text.
  const heard = new Map<string, LyricsTaskResult>()
  const run: Parameters<typeof timeLyrics>[0]['run'] = async (task, samples) => {
    const key = `${JSON.stringify(task)} ${samples.byteOffset} ${samples.length}`
    const result = heard.get(key) ?? (await whisper.run(task, samples, never))
    heard.set(key, result)
    return result
  }
  const language = song.language
  let begin = process.cpuUsage()
  const cpu = () => {
    const { user, system } = process.cpuUsage(begin)
    begin = process.cpuUsage()
    return (user + system) / 1e6 / seconds
  }
  const withLines = await timeLyrics({ lyrics: withoutWordTimes(song.lyrics, true), language, voice, run })
  const givenCost = cpu()
  const draft = await timeLyrics({ lyrics: null, language, voice, run })
  const draftCost = cpu()
  const placed = await timeLyrics({ lyrics: withoutWordTimes(song.lyrics, false), language, voice, run })
  const textCost = cpu()
  const given = errors(song.lyrics, withLines.lyrics, true)
  const text = errors(song.lyrics, placed.lyrics, false)
  const wrong = text.filter(({ ms }) => ms > WRONG_MS)
  const row = {
    language,
    given: share(given, RIGHT_MS),
    givenMedian: median(given.map(({ ms }) => ms)),
    text: share(text, RIGHT_MS),
    textMedian: median(text.map(({ ms }) => ms)),
    caught: wrong.filter(({ isMarked }) => isMarked).length,
    marked: placed.lyrics.lines.filter(({ isDoubtful }) => isDoubtful).length / placed.lyrics.lines.length,
    wrongWords: wrong.length,
    wer: wordErrorRate(song.lyrics, draft.lyrics),
  }
  rows.push(row)
  console.log(
    `${song.name.slice(0, 32).padEnd(32)} ${language}  lines given ${percent(row.given)} ${row.givenMedian} ms  text ${percent(row.text)} ${row.textMedian} ms (mean ${Math.round(text.reduce((sum, { ms }) => sum + ms, 0) / text.length)})` +
      `  marked ${percent(row.marked)} catches ${row.caught}/${row.wrongWords}  WER ${row.wer.toFixed(2)}  fits ${placed.fits}` +
      `  cost: lines ${givenCost.toFixed(3)}, hearing ${draftCost.toFixed(3)}, then text ${textCost.toFixed(3)} s/s`,
  )
}
for (const isEnglish of [true, false]) {
  const some = rows.filter(({ language }) => (language === 'en') === isEnglish)
  if (some.length === 0) continue
  const mean = (of: (row: Row) => number) => some.reduce((sum, row) => sum + of(row), 0) / some.length
  const wrong = some.reduce((sum, { wrongWords }) => sum + wrongWords, 0)
  const caught = some.reduce((sum, row) => sum + row.caught, 0)
  console.log(
    `${isEnglish ? 'English' : 'Others'}: lines given ${percent(mean(({ given }) => given))} (least ${percent(Math.min(...some.map(({ given }) => given)))}), median ${Math.round(mean(({ givenMedian }) => givenMedian))} ms;` +
      ` text ${percent(mean(({ text }) => text))}, median song ${median(some.map(({ textMedian }) => textMedian))} ms; marks catch ${percent(caught / Math.max(1, wrong))} and mark ${percent(mean(({ marked }) => marked))};` +
      ` WER ${median(some.map(({ wer }) => wer)).toFixed(2)}`,
  )
}
console.log(`Memory: ${Math.round(process.memoryUsage().rss / 1e6)} MB`)
await whisper.close()

async function songsOf(folders: readonly string[]): Promise<Known[]> {
  const found: Known[] = []
  for (const folder of folders) {
    for (const path of globSync(`${folder}/**/song.txt`)) {
      const sound = globSync(`${dirname(path)}/audio.*`)[0]
      if (!sound) continue
      const lyrics = readLyrics(await readFile(path), { fileName: 'song.txt' })
      found.push({ name: basename(dirname(path)), sound, language: lyrics.language ?? 'en', lyrics })
    }
    for (const path of globSync(`${folder}/**/*.lines.csv`)) {
      const base = path.slice(0, -'.lines.csv'.length)
      const lyrics = jamendo(await readFile(`${base}.csv`, 'utf8'), await readFile(path, 'utf8'))
      if (lyrics) found.push({ name: basename(base), sound: `${base}.mp3`, language: languageOf(lyrics), lyrics })
    }
  }
  return found
}

function jamendo(words: string, lines: string): Lyrics | null {
  const times = rowsOf(words).map(([start, end]) => [Number(start) * 1000, Number(end) * 1000] as const)
  let at = 0
  const read = rowsOf(lines).map((row): LyricsLine => {
    const text = row.slice(2).join(',').replace(/^"|"$/g, '')
    const parts = text.split(/\s+/).filter(Boolean)
    const timed = parts.map((part, index): LyricsWord => {
      const [startMs = 0, endMs = 0] = times[at++] ?? []
      const space = index + 1 < parts.length ? ' ' : ''
      return {
        text: part + space,
        startMs: Math.round(startMs),
        endMs: Math.round(endMs),
        syllables: null,
        reading: null,
        isConfirmed: false,
      }
    })
    const [startMs, endMs] = [timed[0]?.startMs ?? 0, timed.at(-1)?.endMs ?? 0]
    return { words: timed, startMs, endMs, singer: null, isDoubtful: false }
  })
  return at === times.length ? { language: null, source: 'file', isDraft: false, lines: read } : null
}

function rowsOf(csv: string): string[][] {
  return csv
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(','))
}

function languageOf({ lines }: Lyrics): string {
  const text = lines.flatMap(({ words }) => words.map((word) => word.text.trim().toLowerCase()))
  const votes = {
    fr: ['je', 'et', 'les', 'des', 'est'],
    es: ['que', 'el', 'y', 'los', 'mi'],
    de: ['und', 'ich', 'der', 'die', 'nicht'],
  }
  const counted = Object.entries(votes).map(([language, common]) => {
    return [language, text.filter((word) => common.includes(word)).length] as const
  })
  return counted.reduce((best, each) => (each[1] > best[1] ? each : best))[0]
}

async function voiceOf({ name, sound }: Known): Promise<Float32Array> {
  const folder = join(VOICES, name)
  const find = () => globSync(`${folder}/**/vocals.wav`)[0]
  if (!existsSync(folder))
    await promisify(execFile)('bin/minus-one', ['separate', sound, '--stems', 'vocals', '-o', folder])
  const path = find()
  if (!path) throw new Error(`There is no voice of ${name} in ${folder}.`)
  const wav = await readFile(path)
  return toMono16k(new Int16Array(wav.buffer, wav.byteOffset + WAV_HEADER_BYTES, (wav.length - WAV_HEADER_BYTES) >> 1))
}

function withoutWordTimes(lyrics: Lyrics, keepsLines: boolean): Lyrics {
  const lines = lyrics.lines.map((line) => {
    const words = line.words.map((word) => ({ ...word, startMs: null, endMs: null, syllables: null }))
    return { ...line, words, endMs: null, startMs: keepsLines ? line.startMs : null }
  })
  return { ...lyrics, lines }
}

/** @param hasGivenLines whether the first word of each line was given and does not count */
function errors(truth: Lyrics, found: Lyrics, hasGivenLines: boolean): { ms: number; isMarked: boolean }[] {
  return truth.lines.flatMap((line, i) => {
    return line.words.flatMap((word, j) => {
      if ((hasGivenLines && j === 0) || word.startMs === null || spellingOf(word.text) === '') return []
      const other = found.lines[i]?.words[j]
      return [{ ms: Math.abs((other?.startMs ?? 0) - word.startMs), isMarked: found.lines[i]?.isDoubtful ?? false }]
    })
  })
}

function wordErrorRate(truth: Lyrics, heard: Lyrics): number {
  const spell = ({ lines }: Lyrics) =>
    lines.flatMap(({ words }) => words.map(({ text }) => spellingOf(text)).filter(Boolean))
  const [a, b] = [spell(truth), spell(heard)]
  let row = [...Array(b.length + 1).keys()]
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + Number(a[i - 1] !== b[j - 1])))
    row = next
  }
  return (row[b.length] ?? 0) / a.length
}

function share(all: readonly { ms: number }[], limit: number): number {
  return all.filter(({ ms }) => ms <= limit).length / Math.max(1, all.length)
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`
}
