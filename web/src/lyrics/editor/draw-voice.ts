import type { LaneWindow } from './lane-window.ts'
import type { VoicePeaks } from './voice-peaks.ts'

/** Draws the voice in a window, at the device's own resolution and in the colour of the canvas. */
export function drawVoice(canvas: HTMLCanvasElement, { startMs, lengthMs }: LaneWindow, peaks: VoicePeaks): void {
  const ratio = window.devicePixelRatio
  const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)]
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
  const brush = canvas.getContext('2d')
  if (!brush) return
  brush.clearRect(0, 0, width, height)
  brush.fillStyle = getComputedStyle(canvas).color
  const [middle, msPerColumn] = [height / 2, lengthMs / width]
  peaks.load(startMs, startMs + lengthMs)
  for (let x = 0; x < width; x++) {
    const ms = startMs + (x + 0.5) * msPerColumn
    if (ms < 0) continue
    const level = peaks.at(ms) * middle
    brush.fillRect(x, middle - level - 0.5, 1, Math.max(1, 2 * level + 1))
  }
}
