import type { View } from './view.ts'

/**
 * Draws peaks at the device's own resolution, mirrored about the middle. Their height is linear, not in decibels, as musicians
 * know waveforms.
 */
export function drawWaveform(
  canvas: HTMLCanvasElement,
  { peaks, of, view }: { peaks: readonly number[]; of: View; view: View },
): void {
  const { clientWidth, clientHeight } = canvas
  const ratio = window.devicePixelRatio
  const [width, height] = [Math.round(clientWidth * ratio), Math.round(clientHeight * ratio)]
  canvas.width = width
  canvas.height = height
  const brush = canvas.getContext('2d')
  if (!brush) return
  brush.fillStyle = getComputedStyle(canvas).color
  const peakAt = (x: number) => {
    const sample = view.start + (x * (view.end - view.start)) / width
    return Math.floor(((sample - of.start) * peaks.length) / (of.end - of.start))
  }
  for (let x = 0; x < width; x++) {
    const from = Math.max(0, peakAt(x))
    const to = Math.max(from + 1, peakAt(x + 1))
    const high = (Math.max(0, ...peaks.slice(from, to)) / 255) * height
    if (high > 0) brush.fillRect(x, (height - Math.max(1, high)) / 2, 1, Math.max(1, high))
  }
}
