import { columnsOf, type PeakRange, type SampleRange, xOf } from './columns.ts'
import type { View } from './view.ts'

/** Below this many samples in a pixel, they are drawn as a line. */
const LINE_BELOW_SAMPLES = 4
/** From this many pixels between two samples on, each sample gets a dot. */
const DOT_PIXELS = 8

export type Drawing = {
  view: View
  peaks: PeakRange
  pieces: readonly SampleRange[]
  /** What is not separated yet. */
  gaps: readonly View[]
}

/**
 * Draws a waveform at the device's own resolution, in the colour of the canvas. The height is linear, not in decibels, as
 * musicians know waveforms. What is not separated yet is a dotted line.
 */
export function drawWaveform(canvas: HTMLCanvasElement, { view, peaks, pieces, gaps }: Drawing): void {
  const brush = fitCanvas(canvas)
  if (!brush) return
  const { width, height } = canvas
  const middle = height / 2
  const isLine = view.end - view.start < LINE_BELOW_SAMPLES * width
  const { low, high } = columnsOf({ view, width, peaks, pieces: isLine ? [] : pieces })
  const lined = isLine ? pieces.map(({ start, channels }) => [start, start + (channels[0]?.length ?? 0)] as const) : []
  for (let x = 0; x < width; x++) {
    const top = high[x] ?? Number.NaN
    const sample = view.start + ((x + 0.5) * (view.end - view.start)) / width
    if (Number.isNaN(top) || isWithin(gaps, sample)) continue
    if (lined.some(([start, end]) => sample >= start && sample < end)) continue
    // Each column reaches to the one before, as the line through the samples does.
    const most = Math.max(top, low[x - 1] || top)
    const least = Math.min(low[x] ?? top, high[x - 1] || top)
    const [from, to] = [middle - most * middle, middle - least * middle]
    brush.fillRect(x, from - 0.5, 1, Math.max(1, to - from))
  }
  if (isLine) for (const piece of pieces) drawLine(brush, { piece, view })
  drawGaps(brush, { gaps, view })
}

/** Sets the canvas to the pixels of the screen. Clears it, and returns its brush in its own colour. */
export function fitCanvas(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
  const ratio = window.devicePixelRatio
  const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)]
  if (canvas.width !== width) canvas.width = width
  if (canvas.height !== height) canvas.height = height
  const brush = canvas.getContext('2d')
  if (!brush) return null
  brush.clearRect(0, 0, width, height)
  brush.fillStyle = getComputedStyle(canvas).color
  brush.strokeStyle = brush.fillStyle
  return brush
}

function isWithin(parts: readonly View[], sample: number): boolean {
  return parts.some(({ start, end }) => sample >= start && sample < end)
}

function drawLine(brush: CanvasRenderingContext2D, { piece, view }: { piece: SampleRange; view: View }): void {
  const { width, height } = brush.canvas
  const middle = height / 2
  const dot = 2 * window.devicePixelRatio
  const hasDots = width / (view.end - view.start) >= DOT_PIXELS * window.devicePixelRatio
  brush.lineWidth = 1.25 * window.devicePixelRatio
  brush.lineJoin = 'round'
  for (const channel of piece.channels) {
    const from = Math.max(0, Math.floor(view.start) - 1 - piece.start)
    const to = Math.min(channel.length, Math.ceil(view.end) + 2 - piece.start)
    brush.beginPath()
    for (let i = from; i < to; i++) {
      const x = xOf(piece.start + i, view, width)
      const y = middle - ((channel[i] ?? 0) / 32_768) * middle
      brush.lineTo(x, y)
      if (hasDots) brush.fillRect(x - dot, y - dot, 2 * dot, 2 * dot)
    }
    brush.stroke()
  }
}

function drawGaps(brush: CanvasRenderingContext2D, { gaps, view }: { gaps: readonly View[]; view: View }): void {
  const { width, height } = brush.canvas
  const ratio = window.devicePixelRatio
  brush.lineWidth = Math.max(1, ratio)
  brush.setLineDash([2 * ratio, 4 * ratio])
  for (const { start, end } of gaps) {
    brush.beginPath()
    brush.moveTo(xOf(start, view, width), Math.round(height / 2))
    brush.lineTo(xOf(end, view, width), Math.round(height / 2))
    brush.stroke()
  }
  brush.setLineDash([])
}
