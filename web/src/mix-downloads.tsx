import { useState } from 'preact/hooks'
import { SOUND_FORMAT_NAMES } from '../../src/song/sound-formats.ts'
import { act } from './act.ts'
import { type Music, type Progress, renderMix } from './api.ts'
import { Downloads } from './downloads.tsx'
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
      const file = await rendered(music.music_id, { gains: decibelsOf(music, mix), format })
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
          {SOUND_FORMAT_NAMES.map((format) => (
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

/** The address of a mix, once it is there. */
async function rendered(musicId: number, mix: Parameters<typeof renderMix>[1]): Promise<string> {
  const deadline = Date.now() + GIVE_UP_AFTER_MS
  while (Date.now() < deadline) {
    const { file, ready } = await renderMix(musicId, mix)
    if (ready) return file
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  throw new Error('The mix did not come. Try again.')
}
