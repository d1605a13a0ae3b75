import { useState } from 'preact/hooks'
import { SOUND_FORMAT_NAMES } from '../../../src/song/sound-formats.ts'
import { showFailure } from '../notice.ts'
import { type Music, type Progress, renderMix } from '../server/api.ts'
import { Downloads } from './downloads.tsx'
import { gainsOf, type Mix, mixOf } from './mix.ts'

const ASK_EVERY_MS = 200
const GIVE_UP_AFTER_MS = 120_000

/** Downloads of the mix as it is heard. The server renders it first if a fader was moved or a track is solo. */
export function MixDownloads({ music, progress, url }: { music: Music; progress: Progress; url: string }) {
  const [isRendering, setRendering] = useState(false)
  const mix = mixOf(music, progress)
  const gains = gainsOf(music, mix)
  const isSilent = gains.every((gain) => gain === 0)
  const isPlain = gains.every((gain) => gain === 0 || gain === 1) && mix.solo.length === 0
  const download = async (format: string): Promise<void> => {
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
              onClick={() => showFailure(download(format))}
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

/** The gain of each track by its id, as the server takes it; null leaves the track out. */
function decibelsOf(music: Music, mix: Mix): Record<number, number | null> {
  const gains = gainsOf(music, mix)
  return Object.fromEntries(
    music.tracks.map(({ track_id }, index) => [track_id, gains[index] ? (mix.decibels[track_id] ?? 0) : null]),
  )
}

/** Resolves to the address of a mix when it is rendered. */
async function rendered(musicId: number, mix: Parameters<typeof renderMix>[1]): Promise<string> {
  const deadline = Date.now() + GIVE_UP_AFTER_MS
  while (Date.now() < deadline) {
    const { file, ready } = await renderMix(musicId, mix)
    if (ready) return file
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS))
  }
  throw new Error('The mix did not come. Try again.')
}
