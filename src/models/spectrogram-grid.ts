import type { Grid } from '../song/segment.ts'

/** The STFT of a spectrogram model: a periodic Hann window of `frameSize`; a segment has `frames` frames. */
export type Spectrogram = { frameSize: number; hop: number; frames: number; bins: number; overlapFrames: number }

/**
 * Frame f of a song always covers samples [hop·f − frameSize/2, hop·f + frameSize/2). Segment k holds frames
 * [k·stride, k·stride + frames) and shares `overlapFrames` with each neighbour. Each segment drops the outer quarter of its
 * shared frames, where the network lacks context. The middle half is cross-faded. The first segment has no segment before
 * it, so it keeps all frames at its beginning.
 */
export function gridOf({ frameSize, hop, frames, overlapFrames }: Spectrogram): Grid {
  const lastHeardShared = (overlapFrames * 3) / 4 - 1
  return {
    strideSamples: (frames - overlapFrames) * hop,
    inputOffsetSamples: -frameSize / 2,
    inputSamples: (frames - 1) * hop + frameSize,
    tailSamples: lastHeardShared * hop + frameSize / 2,
  }
}

/** The weight of each frame of a segment in the overlap-add. The weights of two neighbours add up to 1 at every frame. */
export function frameShares({ frames, overlapFrames }: Spectrogram, isFirst: boolean): Float32Array {
  const quarter = overlapFrames / 4
  const fadeFrames = overlapFrames / 2
  const fadeIn = (frame: number) => Math.min(1, Math.max(0, (frame - quarter + 0.5) / fadeFrames))
  return Float32Array.from({ length: frames }, (_, frame) => {
    const falling = 1 - fadeIn(frame - (frames - overlapFrames))
    return isFirst ? falling : Math.min(fadeIn(frame), falling)
  })
}
