import type { Song } from '../../server/songs.ts'
import type { Player } from '../player.ts'
import { lengthOf } from '../song-length.ts'
import { drawWaveform } from './draw-waveform.ts'
import type { Peaks } from './peaks.ts'
import { gapsOf } from './separated-parts.ts'
import { useCanvas } from './use-canvas.ts'
import type { Samples } from './use-samples.ts'
import { viewOf } from './view.ts'
import { WaveformOverlay } from './waveform-overlay.tsx'
import { useWaveformPointer } from './waveform-pointer.ts'

/**
 * One track in the view of the song. A press moves the playhead there. A drag makes a loop or moves one of its ends. The ruler,
 * the position slider and the loop's buttons do the same for users who do not see the waveform.
 */
export function Waveform({
  player,
  song,
  peaks,
  trackId,
  samples,
}: {
  player: Player
  song: Song
  peaks: Peaks
  trackId: number
  samples: Samples
}) {
  const pointer = useWaveformPointer(player, song)
  const canvas = useCanvas(
    (target) => {
      const view = viewOf(song)
      const gaps = gapsOf(peaks.separated, view)
      const pieces = samples.samplesOf(trackId)
      drawWaveform(target, { view, peaks: { of: peaks, peaks: peaks.tracks.get(trackId) ?? [] }, pieces, gaps })
    },
    [peaks, trackId, samples.finals, lengthOf(song), samples.loads],
  )
  return (
    <div class="waveform" aria-hidden="true" {...pointer}>
      <canvas ref={canvas} />
      <WaveformOverlay player={player} song={song} />
    </div>
  )
}
