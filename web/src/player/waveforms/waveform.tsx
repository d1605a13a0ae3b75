import { useEffect, useRef } from 'preact/hooks'
import type { Song } from '../../server/songs.ts'
import type { Player } from '../player.ts'
import { drawWaveform } from './draw-waveform.ts'
import type { Peaks } from './peaks.ts'
import { viewOf } from './view.ts'
import { useWaveformPointer } from './waveform-pointer.ts'

/**
 * One track in the view of the song. A press moves the playhead there. A drag makes a loop or moves one of its ends. The slider
 * and the buttons above do the same for users who do not see the waveform.
 */
export function Waveform({
  player,
  song,
  peaks,
  trackId,
}: {
  player: Player
  song: Song
  peaks: Peaks
  trackId: number
}) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const pointer = useWaveformPointer(player, song)
  const { start, end } = viewOf(song)
  useEffect(() => {
    const target = canvas.current
    if (!target) return undefined
    const redraw = () =>
      drawWaveform(target, { peaks: peaks.tracks.get(trackId) ?? [], of: peaks, view: { start, end } })
    const size = new ResizeObserver(redraw)
    size.observe(target)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', redraw)
    return () => {
      size.disconnect()
      scheme.removeEventListener('change', redraw)
    }
  }, [peaks, trackId, start, end])
  return (
    <div class="waveform" aria-hidden="true" {...pointer}>
      <canvas ref={canvas} />
      <Marks player={player} song={song} />
    </div>
  )
}

/** The loop and the playhead, the only parts that move. */
function Marks({ player, song }: { player: Player; song: Song }) {
  if (!player.isOpen(song.music.music_id)) return null
  const loop = player.loop.value
  const { start, end } = viewOf(song)
  const share = (samples: number) => `${(100 * samples) / (end - start)}%`
  return (
    <>
      {loop ? (
        <i class="looped" style={{ left: share(loop.start - start), width: share(loop.end - loop.start) }} />
      ) : null}
      <i class="playhead" style={{ left: share(player.position.value - start) }} />
    </>
  )
}
