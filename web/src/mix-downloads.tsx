import { useState } from 'preact/hooks'
import { act } from './act.ts'
import { isReady, type Music, type Progress, renderMix } from './api.ts'
import { Downloads, FORMATS } from './downloads.tsx'
import { gainsOf, type Mix, mixOf } from './player/mix.ts'

const LOOK_EVERY_MS = 200
const GIVE_UP_AFTER_MS = 120_000

/** The mix as it is heard, to take away: rendered by the server where a fader was moved. */
export function MixDownloads({ music, progress, url }: { music: Music; progress: Progress; url: string }) {
  const [isRendering, setRendering] = useState(false)
  const mix = mixOf(music, progress)
  const gains = gainsOf(music, mix)
  const isSilent = gains.every((gain) => gain === 0)
  const isPlain = gains.every((gain) => gain === 0 || gain === 1) && mix.solo.length === 0
  const take = async (format: string): Promise<void> => {
    setRendering(true)
    try {
      const file = await renderMix(music.music_id, decibelsOf(music, mix), format)
      const deadline = Date.now() + GIVE_UP_AFTER_MS
      while (!(await isReady(file))) {
        if (Date.now() > deadline) throw new Error('The mix did not come. Try again.')
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
      }
      const link = document.createElement('a')
      link.href = `${file}&download`
      link.download = ''
      link.click()
    } finally {
      setRendering(false)
    }
  }
  return (
    <div class="mix">
      <strong>The mix</strong>
      {isPlain ? (
        <Downloads title="The mix" url={url} />
      ) : (
        <span class="downloads">
          {FORMATS.map((format) => (
            <button
              key={format}
              type="button"
              class="quiet"
              disabled={isRendering || isSilent}
              aria-label={`Download The mix as ${format}`}
              onClick={() => act(take(format))}
            >
              {format}
            </button>
          ))}
          {isRendering ? <output>is being mixed …</output> : null}
        </span>
      )}
    </div>
  )
}

/** What the server is to make of each track; null is off. */
function decibelsOf(music: Music, mix: Mix): Record<number, number | null> {
  const gains = gainsOf(music, mix)
  return Object.fromEntries(
    music.tracks.map(({ track_id }, index) => [track_id, gains[index] ? (mix.decibels[track_id] ?? 0) : null]),
  )
}
