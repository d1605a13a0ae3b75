import { formatDuration } from '../format-duration.ts'
import type { Music } from '../server/api.ts'

/** Artist and length of a song, as far as they are known. */
export function Byline({ music: { band, duration } }: { music: Pick<Music, 'band' | 'duration'> }) {
  return (
    <>
      {band ? <bdi class="row-artist">{band}</bdi> : null}
      <span class="numbers">
        {band && duration ? '· ' : ''}
        {duration ? formatDuration(duration) : ''}
      </span>
    </>
  )
}
