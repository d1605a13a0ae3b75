import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openPcmStretcher } from '../../../src/audio/stretch/stretch-pcm.ts'
import { BYTES_PER_STEREO_SAMPLE, SAMPLE_RATE } from '../../../src/song/pcm.ts'
import type { Practice } from '../../../src/song/practice-settings.ts'
import { centsFrom, leftOf, sine, stereoOf } from '../../support/tones.ts'

const PIECE_BYTES = 40_000

async function stretched(pcm: Buffer, practice: Partial<Practice>, pieceBytes = PIECE_BYTES): Promise<Buffer> {
  const made: Buffer[] = []
  const stretcher = await openPcmStretcher({
    semitones: 0,
    tempo: 1,
    ...practice,
    samples: pcm.length / BYTES_PER_STEREO_SAMPLE,
    write: (piece) => made.push(piece),
  })
  for (let start = 0; start < pcm.length; start += pieceBytes) {
    stretcher.write(pcm.subarray(start, start + pieceBytes))
  }
  stretcher.finish()
  return Buffer.concat(made)
}

function rms(sound: Float64Array): number {
  return Math.sqrt(sound.reduce((sum, value) => sum + value ** 2, 0) / sound.length)
}

describe('a sound in another key and tempo', () => {
  // The engine's own change of pitch is 17 cents off at 110 Hz and −3 semitones.
  for (const semitones of [-12, -3, 4, 12]) {
    test(`is ${semitones} semitones away within a cent, from the bass to the treble, and as loud and long as before`, async () => {
      for (const hertz of [55, 110, 440, 1_760]) {
        const made = leftOf(await stretched(sine(hertz, 1.5), { semitones }))
        assert.equal(made.length, 1.5 * SAMPLE_RATE)
        const middle = made.subarray(SAMPLE_RATE / 2, SAMPLE_RATE)
        const cents = centsFrom(hertz * 2 ** (semitones / 12), middle)
        assert.ok(Math.abs(cents) <= 1, `${hertz} Hz: ${cents} cents`)
        assert.ok(Math.abs(20 * Math.log10(rms(middle) / (0.5 * Math.SQRT1_2))) < 0.5, `${hertz} Hz: ${rms(middle)}`)
      }
    })
  }

  for (const tempo of [0.25, 0.26, 0.5, 0.8, 1.25, 2]) {
    test(`has exactly the length of the tempo ${100 * tempo} %, and the same pitch`, async () => {
      const samples = 1.5 * SAMPLE_RATE + 11
      const pcm = sine(440, 2).subarray(0, samples * BYTES_PER_STEREO_SAMPLE)
      const made = leftOf(await stretched(pcm, { tempo }))
      assert.equal(made.length, Math.round(samples / tempo))
      const from = Math.floor(made.length / 3)
      assert.ok(Math.abs(centsFrom(440, made.subarray(from, 2 * from))) <= 1)
    })
  }

  for (const practice of [
    { tempo: 0.5 },
    { tempo: 0.8 },
    { tempo: 1.25 },
    { semitones: 4 },
    { semitones: -3, tempo: 0.9 },
  ]) {
    test(`has each click within a millisecond of where it belongs: ${JSON.stringify(practice)}`, async () => {
      const tempo = practice.tempo ?? 1
      const clicks = [0.01, 0.7, 5.3, 7.95].map((seconds) => Math.round(seconds * SAMPLE_RATE))
      const pcm = stereoOf(8 * SAMPLE_RATE, (i) => {
        const since = i - (clicks.findLast((click) => click <= i) ?? Number.NEGATIVE_INFINITY)
        return 0.9 * Math.exp(-since / 8)
      })
      const made = leftOf(await stretched(pcm, practice))
      for (const click of clicks) {
        const from = Math.max(0, Math.round(click / tempo) - 2_000)
        const near = made.subarray(from, from + 4_000).map(Math.abs)
        const peak = from + near.indexOf(near.reduce((a, b) => Math.max(a, b)))
        const milliseconds = ((peak - click / tempo) / SAMPLE_RATE) * 1_000
        assert.ok(Math.abs(milliseconds) < 1, `${milliseconds} ms after the click at ${click}`)
      }
    })
  }

  test('begins and ends with the song: its first and last 50 ms are there', async () => {
    const made = leftOf(await stretched(sine(440, 2), { semitones: -3, tempo: 0.8 }))
    for (const part of [made.subarray(0, 2_205), made.subarray(-2_205)]) {
      assert.ok(rms(part) > 0.9 * 0.5 * Math.SQRT1_2, `${rms(part)}`)
    }
  })

  test('is the same each time, in whatever pieces the song comes, also where several steps are needed', async () => {
    const song = stereoOf(SAMPLE_RATE, (i) => 0.4 * Math.sin(i * i * 1e-4))
    const practice = { semitones: 3, tempo: 0.3 }
    const [one, other] = [await stretched(song, practice), await stretched(song, practice, 5_004)]
    assert.ok(one.equals(other))
  })

  test('is the song when neither key nor tempo is changed, and a tape at half the speed an octave below at half the tempo', async () => {
    const song = sine(440, 1)
    assert.ok((await stretched(song, {})).equals(song))
    const slow = leftOf(await stretched(song, { semitones: -12, tempo: 0.5 }))
    const left = leftOf(song)
    for (let i = 100; i < left.length - 100; i++)
      assert.ok(Math.abs((slow[2 * i] ?? 0) - (left[i] ?? 0)) < 0.001, `${i}`)
  })
})
