/** Gains change, and sound begins and ends, over 5 ms, so that nothing clicks. */
export const RAMP_SAMPLES = 220

/** The end of a sound that was left by a jump. It is added to what follows, which fades in meanwhile. */
export class FadeOut {
  #left = new Float32Array(RAMP_SAMPLES)
  #right = new Float32Array(RAMP_SAMPLES)
  #at = RAMP_SAMPLES

  /** @param render writes the next samples of the sound that ends, faded out. An earlier sound still ends in its time */
  begin(render: (left: Float32Array, right: Float32Array) => void): void {
    const left = new Float32Array(RAMP_SAMPLES)
    const right = new Float32Array(RAMP_SAMPLES)
    render(left, right)
    this.addTo(left, right)
    this.#left = left
    this.#right = right
    this.#at = 0
  }

  clear(): void {
    this.#at = RAMP_SAMPLES
  }

  addTo(left: Float32Array, right: Float32Array): void {
    const count = Math.min(left.length, RAMP_SAMPLES - this.#at)
    for (let i = 0; i < count; i++) {
      left[i] = (left[i] ?? 0) + (this.#left[this.#at + i] ?? 0)
      right[i] = (right[i] ?? 0) + (this.#right[this.#at + i] ?? 0)
    }
    this.#at += count
  }
}

/** Fades a sound out over its first 5 ms, or over its whole length if that is less. */
export function fadeOut(left: Float32Array, right: Float32Array): void {
  const length = Math.min(RAMP_SAMPLES, left.length)
  for (let i = 0; i < left.length; i++) {
    const gain = Math.max(0, 1 - i / length)
    left[i] = (left[i] ?? 0) * gain
    right[i] = (right[i] ?? 0) * gain
  }
}
