import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { demoSong } from '../../../web/src/upload/demo/demo-song.ts'
import { SAMPLE_RATE } from '../../../web/src/upload/demo/instruments.ts'
import { SECONDS_A_BEAT } from '../../../web/src/upload/demo/score.ts'

const HEADER_BYTES = 44

describe('The demo song', () => {
  const file = demoSong()
  const [left, right] = [0, 1].map((side) =>
    new Int16Array(file, HEADER_BYTES).filter((_, index) => index % 2 === side),
  )

  const power = (samples: Int16Array, from: number, seconds: number) => {
    const part = samples.subarray(Math.round(from * SAMPLE_RATE), Math.round((from + seconds) * SAMPLE_RATE))
    return part.reduce((sum, sample) => sum + sample ** 2, 0) / part.length
  }

  test('It is a stereo WAV file of about 20 s whose header states its size', () => {
    const view = new DataView(file)
    assert.equal(Buffer.from(file, 0, 4).toString(), 'RIFF')
    assert.equal(view.getUint32(4, true), file.byteLength - 8)
    assert.equal(view.getUint16(22, true), 2)
    assert.equal(view.getUint32(40, true), file.byteLength - HEADER_BYTES)
    const seconds = (left?.length ?? 0) / SAMPLE_RATE
    assert.ok(seconds >= 20 && seconds <= 22, `${seconds} s`)
  })

  test('It is as loud as a record and never clips', () => {
    for (const side of [left, right]) {
      assert.ok(side)
      const loudest = side.reduce((max, sample) => Math.max(max, Math.abs(sample)), 0)
      assert.ok(loudest < 32_000, `${loudest}`)
      const rms = 10 * Math.log10(power(side, 0, 20) / 32_768 ** 2)
      assert.ok(rms > -20 && rms < -8, `${rms} dBFS`)
    }
  })

  test('Every beat but the last ones begins louder than the moment before it: it has a rhythm', () => {
    assert.ok(left)
    const accents = Array.from({ length: 28 }, (_, index) => {
      const at = (index + 1) * SECONDS_A_BEAT
      return power(left, at, 0.05) > power(left, at - 0.05, 0.05)
    })
    const accented = accents.filter(Boolean).length
    assert.ok(accented >= 24, `${accented} of 28`)
  })

  test('It is the same at every run', () => {
    const hash = (bytes: ArrayBuffer) => createHash('sha256').update(new Uint8Array(bytes)).digest('hex')
    assert.equal(hash(demoSong()), hash(file))
  })
})
