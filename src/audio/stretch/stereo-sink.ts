/** A piece of sound, the amplitude 1 being full scale. Both channels have the same length. */
export type Stereo = { left: Float32Array; right: Float32Array }

/** A step of the way of a sound. It does not keep the arrays that it gets. */
export type StereoSink = {
  write(sound: Stereo): void
  /** Gives what it still holds to the next step, and finishes that. */
  finish(): void
}
