import { effect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { formatDuration } from '../../format-duration.ts'
import { showFailure } from '../../notice.ts'
import type { Song } from '../../server/songs.ts'
import { SAMPLE_RATE } from '../mixer.ts'
import type { Player } from '../player.ts'
import { lengthOf } from '../song-length.ts'
import { fitCanvas } from './draw-waveform.ts'
import { MarkerFlags } from './marker-flags.tsx'
import { rulerTicks } from './ruler-ticks.ts'
import { useCanvas } from './use-canvas.ts'
import { viewOf } from './view.ts'
import { WaveformOverlay } from './waveform-overlay.tsx'
import { sampleAt, turnWheel } from './waveform-pointer.ts'

const LABEL_GAP = 4

/** The time above the waveforms, with the markers. A press or a drag moves the playhead. */
export function Ruler({ player, song, title }: { player: Player; song: Song; title: string }) {
  const { music_id } = song.music
  const slider = useRef<HTMLDivElement>(null)
  const canvas = useCanvas((target) => drawRuler(target, song), [music_id, lengthOf(song)])
  const seek = (sample: number) => showFailure(player.seek(music_id, sample))
  useEffect(
    () =>
      effect(() => {
        const seconds = Math.floor((player.isOpen(music_id) ? player.position.value : 0) / SAMPLE_RATE)
        if (slider.current?.getAttribute('aria-valuenow') === String(seconds)) return
        slider.current?.setAttribute('aria-valuenow', String(seconds))
        slider.current?.setAttribute('aria-valuetext', formatDuration(seconds))
      }),
    [player, music_id],
  )
  return (
    <div class="ruler">
      <MarkerFlags player={player} song={song} />
      <div
        class="ruler-scale"
        role="slider"
        tabIndex={0}
        aria-label={`Ruler of ${title}`}
        aria-valuenow={0}
        aria-valuemin={0}
        aria-valuemax={Math.floor(lengthOf(song) / SAMPLE_RATE)}
        ref={slider}
        onPointerDown={(event) => {
          if (event.button !== 0) return
          event.currentTarget.setPointerCapture(event.pointerId)
          seek(sampleAt(event, song))
        }}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) seek(sampleAt(event, song))
        }}
        onKeyDown={({ key }) => {
          if (key === 'Home') seek(0)
          else if (key === 'End') seek(lengthOf(song))
        }}
        onWheel={(event) => turnWheel(event, song)}
      >
        <canvas ref={canvas} />
      </div>
      <WaveformOverlay player={player} song={song} isNamed />
    </div>
  )
}

function drawRuler(canvas: HTMLCanvasElement, song: Song): void {
  const brush = fitCanvas(canvas)
  if (!brush) return
  const ratio = window.devicePixelRatio
  const { width, height } = canvas
  const { fontFamily } = getComputedStyle(canvas)
  brush.font = `${11 * ratio}px ${fontFamily}`
  brush.textBaseline = 'top'
  for (const { x, label } of rulerTicks(viewOf(song), width / ratio)) {
    const length = (label === null ? 4 : 8) * ratio
    brush.fillRect(Math.round(x * ratio), height - length, Math.max(1, Math.round(ratio)), length)
    if (label === null) continue
    const half = brush.measureText(label).width / 2
    const left = Math.max(0, Math.min(width - 2 * half, x * ratio - half))
    brush.fillText(label, left, LABEL_GAP * ratio)
  }
}
