/** The part of the song that the lane shows. */
export type LaneWindow = { startMs: number; lengthMs: number }

/** Where the playhead stands in the lane while the song plays, as a share of it. */
const PLAYHEAD_SHARE = 0.35
/** The lengths of the lane, from near to far. */
export const LANE_LENGTHS_MS = [3_000, 5_000, 8_000, 12_000, 20_000] as const
export const USUAL_LANE_MS = 8_000
/** Below this width a shorter part is shown, so that words can still be read and grasped. */
export const NARROW_PIXELS = 600
export const NARROW_LANE_MS = 3_000

/**
 * The window that follows the playhead.
 * @param isCalm turns pages instead of moving all the time
 */
export function followed(window: LaneWindow, positionMs: number, isCalm: boolean): LaneWindow {
  const { startMs, lengthMs } = window
  if (!isCalm) return { lengthMs, startMs: positionMs - PLAYHEAD_SHARE * lengthMs }
  const share = (positionMs - startMs) / lengthMs
  return share >= 0.05 && share <= 0.9 ? window : { lengthMs, startMs: positionMs - 0.1 * lengthMs }
}

/** The window moved so that it shows a time; unchanged if it does, with some room. */
export function showing(window: LaneWindow, ms: number): LaneWindow {
  const share = (ms - window.startMs) / window.lengthMs
  return share >= 0.1 && share <= 0.9 ? window : { ...window, startMs: ms - PLAYHEAD_SHARE * window.lengthMs }
}

/** The window one step nearer or further, around a time that keeps its place. */
export function zoomed(window: LaneWindow, step: 1 | -1, aroundMs: number): LaneWindow {
  const index = LANE_LENGTHS_MS.findIndex((each) => each >= window.lengthMs)
  const lengthMs = LANE_LENGTHS_MS[index - step] ?? window.lengthMs
  const share = (aroundMs - window.startMs) / window.lengthMs
  return { lengthMs, startMs: aroundMs - share * lengthMs }
}
