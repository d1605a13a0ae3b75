import { resultBytes } from '../assemble/blocks.ts'
import { peaksPerBlock } from '../assemble/peaks.ts'
import { BYTES_PER_STEREO_SAMPLE } from '../audio/pcm.ts'
import { WAV_HEADER_BYTES } from '../audio/wav.ts'
import type { Plan } from '../song/plan.ts'
import { countSegments } from '../song/segment.ts'

/**
 * Results that wait for their neighbours: one or two a worker while segments are done in order, at most half of the segments
 * when somebody jumps about in the song.
 */
const MOST_RESULTS = 8

/** The bytes of one mix, and at most those of it in any other format. */
export function mixBytes(samples: number): number {
  return WAV_HEADER_BYTES + samples * BYTES_PER_STEREO_SAMPLE
}

/**
 * What is made of a song, beside what was uploaded: its decoded sound, its stems with their peaks, its mixes, and while it is
 * being separated the results of workers.
 */
export function songBytes({ plan, samples, mixes }: { plan: Plan; samples: number; mixes: number }): number {
  if (samples === 0) return 0
  const segments = countSegments(plan.grid, samples)
  const sounds = 1 + plan.stems.length + mixes
  const peaks = plan.stems.length * segments * peaksPerBlock(plan.grid)
  const results = Math.min(Math.ceil(segments / 2) + 1, MOST_RESULTS)
  return sounds * mixBytes(samples) + peaks + results * resultBytes(plan)
}
