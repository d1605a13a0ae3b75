/** A periodic Hann window (Harris 1978). Its squares at a hop of a quarter add up to exactly 1.5. */
export function hannWindow(size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / size))
}
