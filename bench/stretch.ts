import { stretchSound } from '../src/audio/stretch-sound.ts'
import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from '../src/song/pcm.ts'
import type { Practice } from '../src/song/practice-settings.ts'
import { mediaChildren } from '../test/support/media-children.ts'
import { memoryOf } from '../test/support/proc.ts'
import { stereoOf } from '../test/support/tones.ts'

/*
 * Changes key and tempo of noise, in a media process as for a download. Prints how many seconds of the song it takes in a second,
 * and the peak memory of the process.
 *
 *     npm run bench:stretch [-- MINUTES]
 */

const CASES: readonly Practice[] = [
  { semitones: 0, tempo: 0.8 },
  { semitones: -3, tempo: 1 },
  { semitones: -3, tempo: 0.8 },
  { semitones: 12, tempo: 1 },
  { semitones: 12, tempo: 0.25 },
]
/** Reads of sound between two looks at the memory, which takes time itself. */
const LOOK_EVERY = 200
const minutes = Number(process.argv[2] ?? 3)
const block = stereoOf(SAMPLE_RATE, () => Math.random() - 0.5)

for (const practice of CASES) {
  const seconds = 60 * minutes
  const startedAt = performance.now()
  let bytes = 0
  let [peak, reads] = [0, 0]
  for await (const made of stretchSound({
    pcm: noise(seconds),
    samples: seconds * SAMPLE_RATE,
    practice,
    signal: new AbortController().signal,
  })) {
    bytes += made.length
    if (reads++ % LOOK_EVERY !== 0) continue
    for (const pid of mediaChildren()) peak = Math.max(peak, memoryOf(pid, 'VmHWM') ?? 0)
  }
  const ratio = seconds / ((performance.now() - startedAt) / 1_000)
  const made = (bytes / BYTES_PER_STEREO_SAMPLE / SAMPLE_RATE).toFixed(1)
  console.log(
    `${practice.semitones} semitones, ${100 * practice.tempo} %: ${ratio.toFixed(0)} x real time, ${made} s made, peak ${(peak / 1e6).toFixed(0)} MB`,
  )
}

async function* noise(seconds: number): AsyncGenerator<Buffer> {
  for (let second = 0; second < seconds; second++) yield block
}
