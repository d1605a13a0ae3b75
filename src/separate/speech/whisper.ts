import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SpeechModel } from '../../models/speech-model.ts'
import { type LyricsTask, type LyricsTaskResult, TASK_SAMPLE_RATE } from '../../song/lyrics-task.ts'
import type { Network } from '../onnx-network.ts'
import { openNetwork } from '../onnx-network.ts'
import { tokensByTime } from './attention.ts'
import { FRAMES, MEL_BANDS, melSpectrogram } from './mel-spectrogram.ts'
import { timeWarp } from './time-warp.ts'
import { openTokenizer, type Tokenizer } from './tokenizer.ts'
import { joinToWords, type TokenizedWord, wordsToTokens } from './word-tokens.ts'

/**
 * Whisper (Radford et al., 2022): an encoder that hears 30 s of speech or singing, and a decoder that writes what it has heard,
 * one token after the other. The attention of some of its heads tells when each token is sung. Loaded, it takes the memory that
 * its description states.
 */
export type Whisper = {
  /**
   * @param samples mono, 16 kHz, from -1 to 1, at most MAX_TASK_SECONDS
   * @throws what `signal` was aborted with
   */
  run(task: LyricsTask, samples: Float32Array, signal: AbortSignal): Promise<LyricsTaskResult>
  close(): Promise<void>
}

/** A place of the encoder is two frames: 20 ms. */
const PLACES = FRAMES / 2
const PLACE_MS = 20
const SAMPLES_PER_PLACE = (TASK_SAMPLE_RATE * PLACE_MS) / 1_000
/** A second of silence behind the sound. */
const MARGIN_PLACES = 50
/** The decoder has 448 places. The original stops here, too. */
const MAX_TOKENS = 224
/** Where the same tokens repeat so often, the model has lost the thread. */
const MAX_REPEATS = 4
const MAX_REPEATED_TOKENS = 12
/** Above this probability of silence there are no words. */
const SILENCE_ABOVE = 0.6

/** What the encoder gives. @property places how many there are */
type Heard = { keys: Float32Array; values: Float32Array; places: number }

/** @param folder holds the files that the model's description names */
export async function openWhisper(
  model: SpeechModel,
  { folder, threads }: { folder: string; threads: number },
): Promise<Whisper> {
  const open = async (name: 'encoder' | 'decoder') =>
    openNetwork({ graph: join(folder, model.files[name].file), threads })
  const [encoder, decoder] = [await open('encoder'), await open('decoder')]
  const tokenizer = openTokenizer(await readFile(join(folder, model.files.vocabulary.file), 'utf8'))
  const speech = new Speech({ model, encoder, decoder, tokenizer })
  return {
    run: (task, samples, signal) => speech.run(task, samples, signal),
    async close() {
      await encoder.close()
      await decoder.close()
    },
  }
}

type Parts = { model: SpeechModel; encoder: Network; decoder: Network; tokenizer: Tokenizer }

class Speech {
  readonly #parts: Parts
  readonly #cacheShape: readonly number[]

  constructor(parts: Parts) {
    this.#parts = parts
    const { layers, heads, headSize } = parts.model.network
    this.#cacheShape = [layers, heads, headSize]
  }

  async run(task: LyricsTask, samples: Float32Array, signal: AbortSignal): Promise<LyricsTaskResult> {
    signal.throwIfAborted()
    const { encoder, model } = this.#parts
    // To place given words it need not hear the silence behind them. To write it must, or it writes on and on.
    const places = task.kind === 'align' ? Math.min(PLACES, placesOf(samples) + MARGIN_PLACES) : PLACES
    const mel = { data: firstFrames(melSpectrogram(samples), 2 * places), shape: [1, MEL_BANDS, 2 * places] }
    const { keys, values } = await encoder.run({ mel }, ['keys', 'values'])
    if (!keys || !values) throw new Error('The encoder gave no keys and values.')
    signal.throwIfAborted()
    const heard = { keys, values, places }
    const { languages } = model.tokens
    const known = task.language === null ? undefined : languages[baseOf(task.language)]
    if (task.kind === 'align') {
      const language = known ?? (await this.#languageOf(heard)).token
      const words = wordsToTokens(task.words, this.#parts.tokenizer)
      return { language: task.language, words: await this.#align(heard, { words, language, samples }) }
    }
    const guessed = await this.#languageOf(heard)
    const language = known ?? guessed.token
    const name = task.language ?? guessed.name
    if (guessed.silence > SILENCE_ABOVE) return { language: name, words: [] }
    const written = await this.#write(heard, language, signal)
    const words = joinToWords(written, this.#parts.tokenizer, name)
    return { language: name, words: await this.#align(heard, { words, language, samples }) }
  }

  /** The most likely language, and how likely there is no speech at all. */
  async #languageOf(heard: Heard): Promise<{ token: number; name: string; silence: number }> {
    const { tokens } = this.#parts.model
    const { next } = await this.#decode(heard, [tokens.start], null)
    const shares = softmax(next)
    const entries = Object.entries(tokens.languages)
    const [name, token] = entries.reduce((best, each) => ((next[each[1]] ?? 0) > (next[best[1]] ?? 0) ? each : best))
    return { token, name, silence: shares[tokens.noSpeech] ?? 0 }
  }

  /** What the model hears, as tokens: at each step the most likely one. */
  async #write(heard: Heard, language: number, signal: AbortSignal): Promise<number[]> {
    const { tokens } = this.#parts.model
    const written: number[] = []
    let step = await this.#decode(heard, [tokens.start, language, tokens.transcribe, tokens.noTimes], null)
    while (written.length < MAX_TOKENS) {
      signal.throwIfAborted()
      const token = mostLikely(step.next, written.length === 0 ? tokens.neverFirst : [], tokens)
      if (token === tokens.end) break
      written.push(token)
      const repeated = repeatedTokens(written)
      if (repeated > 0) return written.slice(0, written.length - repeated * (MAX_REPEATS - 1))
      step = await this.#decode(heard, [token], step.past)
    }
    return written
  }

  /** When each word is sung. */
  async #align(
    heard: Heard,
    { words, language, samples }: { words: readonly TokenizedWord[]; language: number; samples: Float32Array },
  ): Promise<LyricsTaskResult['words']> {
    if (words.length === 0) return []
    const { model } = this.#parts
    const { tokens } = model
    const before = [tokens.start, language, tokens.transcribe]
    const text = words.flatMap((word) => word.tokens)
    const all = [...before, tokens.noTimes, ...text, tokens.end]
    const { attention, logProbability } = await this.#decode(heard, all, null)
    const places = Math.max(1, Math.min(heard.places, placesOf(samples)))
    const heads = model.network.followingHeads
    const byTime = tokensByTime({ attention, heads, tokens: all.length, places: heard.places, heard: places })
    // A token is written when the one before it is read, so the rows begin at the sign before the first word.
    const rows = text.length + 1
    const firsts = timeWarp(byTime.subarray(before.length * places, (before.length + rows) * places), rows, places)
    let at = 0
    return words.map((word) => {
      const [from, to] = [at, at + word.tokens.length]
      at = to
      const shares = logProbability.subarray(before.length + from, before.length + to)
      const mean = shares.reduce((sum, share) => sum + Math.exp(share), 0) / Math.max(1, shares.length)
      return {
        text: word.text,
        startMs: (firsts[from] ?? 0) * PLACE_MS,
        endMs: (firsts[to] ?? firsts[from] ?? 0) * PLACE_MS,
        probability: Math.max(0, Math.min(1, mean)),
      }
    })
  }

  async #decode({ keys, values, places }: Heard, tokens: readonly number[], past: Past | null) {
    const [layers = 0, heads = 0, size = 0] = this.#cacheShape
    const { length, ...cache } = past ?? { length: 0, keys: new Float32Array(), values: new Float32Array() }
    const shape = [layers, heads, length, size]
    const outputs = await this.#parts.decoder.run(
      {
        tokens: { data: BigInt64Array.from(tokens, BigInt), shape: [1, tokens.length] },
        keys: { data: keys, shape: [layers, heads, size, places] },
        values: { data: values, shape: [layers, heads, places, size] },
        past_keys: { data: cache.keys, shape },
        past_values: { data: cache.values, shape },
      },
      OUTPUTS,
    )
    const [next, logProbability, attention, presentKeys, presentValues] = OUTPUTS.map((name) => {
      return outputs[name] ?? new Float32Array()
    }) as [Float32Array, Float32Array, Float32Array, Float32Array, Float32Array]
    const now: Past = { length: length + tokens.length, keys: presentKeys, values: presentValues }
    return { next, logProbability, attention, past: now }
  }
}

const OUTPUTS = ['next', 'log_probability', 'attention', 'present_keys', 'present_values']

/** What the decoder keeps of the tokens before. */
type Past = { length: number; keys: Float32Array; values: Float32Array }

function mostLikely(scores: Float32Array, neverNow: readonly number[], { never, end, noTimes }: SpeechModel['tokens']) {
  const banned = new Set([...never, ...neverNow])
  let best = end
  let most = neverNow.includes(end) ? Number.NEGATIVE_INFINITY : (scores[end] ?? 0)
  // Behind `noTimes` are the tokens of times.
  for (let token = 0; token < noTimes; token++) {
    const score = scores[token] ?? 0
    if (score <= most || banned.has(token)) continue
    best = token
    most = score
  }
  return best
}

/** The number of tokens that are repeated MAX_REPEATS times at the end; 0 if none are. */
function repeatedTokens(tokens: readonly number[]): number {
  for (let length = 1; length <= MAX_REPEATED_TOKENS; length++) {
    const end = tokens.slice(-length * MAX_REPEATS)
    if (end.length === length * MAX_REPEATS && end.every((token, i) => token === end[i % length])) return length
  }
  return 0
}

function softmax(scores: Float32Array): Float32Array {
  const most = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  const powers = scores.map((score) => Math.exp(score - most))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map((power) => power / sum)
}

function placesOf(samples: Float32Array): number {
  return Math.ceil(samples.length / SAMPLES_PER_PLACE)
}

/** The first columns of a spectrogram. */
function firstFrames(mel: Float32Array, frames: number): Float32Array {
  if (frames === FRAMES) return mel
  const cut = new Float32Array(MEL_BANDS * frames)
  for (let band = 0; band < MEL_BANDS; band++) {
    cut.set(mel.subarray(band * FRAMES, band * FRAMES + frames), band * frames)
  }
  return cut
}

/** `pt` of `pt-BR`. */
function baseOf(language: string): string {
  return language.split('-')[0] ?? language
}
