import { act } from './act.ts'
import { keepTracks, type Music, type Progress } from './api.ts'

const FORMATS = ['wav', 'flac', 'mp3', 'm4a', 'opus']

/** The parts of a song, one lane each, and the mixes people want most: all of it, or all but one part. */
export function Lanes({ music, progress, title }: { music: Music; progress: Progress | null; title: string }) {
  const { music_id, tracks } = music
  const all = tracks.map(({ track_id }) => track_id)
  const kept = progress?.tracks ?? []
  const keep = (wanted: readonly number[]) => act(keepTracks(music_id, wanted))
  const isKept = (wanted: readonly number[]) => wanted.length === kept.length && wanted.every((id) => kept.includes(id))
  return (
    <div class="parts">
      <fieldset class="presets" aria-label={`Mixes of ${title}`}>
        <button type="button" aria-pressed={isKept(all)} onClick={() => keep(all)}>
          everything
        </button>
        {tracks.map(({ name, track_id }) => {
          const others = all.filter((id) => id !== track_id)
          return (
            <button key={track_id} type="button" aria-pressed={isKept(others)} onClick={() => keep(others)}>
              minus {name}
            </button>
          )
        })}
      </fieldset>
      <ul class="lanes" aria-label={`Parts of ${title}`}>
        {tracks.map(({ name, track_id }) => {
          const file = progress?.instruments.find((instrument) => instrument.name === name)
          return (
            <li key={track_id} class={kept.includes(track_id) ? 'kept' : ''}>
              <label>
                <input
                  type="checkbox"
                  checked={kept.includes(track_id)}
                  onChange={(event) => {
                    const others = kept.filter((id) => id !== track_id)
                    const wanted = event.currentTarget.checked ? [...others, track_id] : others
                    if (wanted.length > 0) keep(wanted)
                    else event.currentTarget.checked = true
                  }}
                />
                {name}
              </label>
              {file ? <Player title={name} url={file.track} /> : null}
            </li>
          )
        })}
      </ul>
    </div>
  )
}

export function Player({ title, url }: { title: string; url: string }) {
  return (
    <div class="player">
      {/* biome-ignore lint/a11y/useMediaCaption: the words of a song are not known */}
      <audio controls preload="metadata" src={url} aria-label={title} />
      <span class="downloads">
        {FORMATS.map((format) => (
          <a key={format} href={`${url}?format=${format}&download`} aria-label={`Download ${title} as ${format}`}>
            {format}
          </a>
        ))}
      </span>
    </div>
  )
}
