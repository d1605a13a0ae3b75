import openPffft from '@echogarden/pffft-wasm/simd'

/** The functions of the WebAssembly module that are used here (pffft.h by Julien Pommier). Sizes count float32 values. */
type Pffft = {
  HEAPF32: Float32Array
  _pffft_new_setup(size: number, transform: number): number
  _pffft_aligned_malloc(bytes: number): number
  _pffft_transform_ordered(setup: number, input: number, output: number, work: number, direction: number): void
}

const REAL = 0
const FORWARD = 0
const BACKWARD = 1

/**
 * A real FFT between two arrays in WebAssembly memory: fill one, transform, read the other.
 * `spectrum` holds DC, Nyquist, then real and imaginary part of bins 1, 2, … size/2 − 1. Nothing is scaled: `inverse` after
 * `forward` gives `size` times the input. A transform does not change its input. Both arrays stay valid.
 */
export type Fft = {
  readonly time: Float32Array
  readonly spectrum: Float32Array
  forward(): void
  inverse(): void
}

/** @param size of the real transform: a multiple of 32 with no other prime factors than 2, 3 and 5 */
export async function createFft(size: number): Promise<Fft> {
  const pffft = (await openPffft()) as Pffft
  const setup = pffft._pffft_new_setup(size, REAL)
  if (setup === 0) throw new Error(`PFFFT has no real transform of size ${size}.`)
  const [time, spectrum, work] = [0, 0, 0].map(() => pffft._pffft_aligned_malloc(size * 4)) as [number, number, number]
  const view = (address: number) => pffft.HEAPF32.subarray(address / 4, address / 4 + size)
  return {
    time: view(time),
    spectrum: view(spectrum),
    forward: () => pffft._pffft_transform_ordered(setup, time, spectrum, work, FORWARD),
    inverse: () => pffft._pffft_transform_ordered(setup, spectrum, time, work, BACKWARD),
  }
}
