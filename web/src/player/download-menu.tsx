import { useId, useState } from 'preact/hooks'
import { isAsRecorded, type Practice } from '../../../src/song/practice-settings.ts'
import { SOUND_FORMAT_NAMES } from '../../../src/song/sound-formats.ts'
import { Icon } from '../design/icon.tsx'
import { showFailure } from '../notice.ts'
import type { Song } from '../server/songs.ts'
import { type DownloadChoice, downloadUrl } from './download-url.ts'
import { gainsOf, mixInForce } from './mix.ts'
import type { Player } from './player.ts'
import { practiceInForce } from './practice-in-force.ts'

/** Plays everywhere. */
const DEFAULT_FORMAT = 'mp3'

/** Everything that can be downloaded of a song: the mix, one stem or all of them, in every format, in the key and tempo heard. */
export function DownloadMenu({ player, song, title }: { player: Player; song: Song; title: string }) {
  const panelId = useId()
  const [isOpen, setOpen] = useState(false)
  const isReady = song.progress?.final !== undefined
  return (
    <>
      <button type="button" popovertarget={panelId} disabled={!isReady} aria-label={`Download ${title}`}>
        <Icon name="download" /> Download
      </button>
      <div
        id={panelId}
        popover="auto"
        class="download-panel"
        onBeforeToggle={({ newState }) => setOpen(newState === 'open')}
      >
        {isOpen ? <DownloadForm player={player} song={song} title={title} /> : null}
      </div>
    </>
  )
}

function DownloadForm({ player, song, title }: { player: Player; song: Song; title: string }) {
  const [stop, setStop] = useState<AbortController | null>(null)
  const { music } = song
  const mix = mixInForce(player.settings, music)
  const practice = practiceInForce(player, music.music_id)
  const isSilent = gainsOf(music, mix).every((gain) => gain === 0)
  const download = async (choice: DownloadChoice): Promise<void> => {
    const stopping = new AbortController()
    setStop(stopping)
    try {
      const link = document.createElement('a')
      link.href = await downloadUrl(song, { choice, mix, practice, signal: stopping.signal })
      link.download = ''
      link.click()
    } catch (error) {
      if (!stopping.signal.aborted) throw error
    } finally {
      setStop(null)
    }
  }
  return (
    <form
      aria-label={`Download ${title}`}
      onSubmit={(event) => {
        event.preventDefault()
        showFailure(download(choiceOf(new FormData(event.currentTarget))))
      }}
    >
      <fieldset>
        <legend>Download</legend>
        <label>
          <input type="radio" name="what" value="mix" defaultChecked disabled={isSilent} />
          The mix, as it is heard
        </label>
        {music.tracks.map(({ track_id, name }) => (
          <label key={track_id}>
            <input type="radio" name="what" value={track_id} />
            Only {name}
          </label>
        ))}
        <label>
          <input type="radio" name="what" value="everything" />
          Everything, as one zip
        </label>
      </fieldset>
      <label>
        Format{' '}
        <select name="format">
          {SOUND_FORMAT_NAMES.map((format) => (
            <option key={format} selected={format === DEFAULT_FORMAT}>
              {format}
            </option>
          ))}
        </select>
      </label>
      {isAsRecorded(practice) ? null : (
        <label>
          <input type="checkbox" name="asHeard" defaultChecked />
          In the key and tempo that are heard ({keyAndTempo(practice)})
        </label>
      )}
      {stop ? (
        <p class="download-waits">
          <output>is being rendered …</output>
          <button type="button" onClick={() => stop.abort()}>
            Cancel
          </button>
        </p>
      ) : (
        <button type="submit" class="primary">
          Download
        </button>
      )}
    </form>
  )
}

function choiceOf(form: FormData): DownloadChoice {
  const what = String(form.get('what'))
  return {
    what: what === 'mix' || what === 'everything' ? what : { trackId: Number(what) },
    format: String(form.get('format')),
    isAsHeard: form.has('asHeard'),
  }
}

/** "−3 semitones, 80 %". */
function keyAndTempo({ semitones, tempo }: Practice): string {
  const key = `${semitones > 0 ? '+' : '−'}${Math.abs(semitones)} ${Math.abs(semitones) === 1 ? 'semitone' : 'semitones'}`
  return [semitones === 0 ? '' : key, tempo === 1 ? '' : `${Math.round(100 * tempo)} %`].filter(Boolean).join(', ')
}
