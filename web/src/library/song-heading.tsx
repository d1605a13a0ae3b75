import { signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { formatDuration } from '../format-duration.ts'
import { showFailure } from '../notice.ts'
import { type Music, renameMusic } from '../server/api.ts'
import { deleteWithUndo } from './deletions.ts'

/** The song that is being renamed. */
const renaming = signal<number | null>(null)

/** Title, artist, length and model of a song, and the buttons that rename or delete it. @param children more buttons */
export function SongHeading({ music, title, children }: { music: Music; title: string; children: ComponentChildren }) {
  const { music_id, band, duration, model, cover } = music
  if (renaming.value === music_id) return <RenameForm music={music} title={title} />
  return (
    <header>
      {cover ? <img class="cover" draggable={false} src={cover} alt="" width={48} height={48} loading="lazy" /> : null}
      <div class="called">
        <h2>{title}</h2>
        <p>
          {band}
          {band && duration ? ' · ' : ''}
          {duration ? formatDuration(duration) : ''} <span class="model">{model}</span>
        </p>
      </div>
      <span class="actions">
        {children}
        <button
          type="button"
          class="quiet"
          aria-label={`Rename ${title}`}
          onClick={() => {
            renaming.value = music_id
          }}
        >
          Rename
        </button>
        <button
          type="button"
          class="quiet"
          aria-label={`Delete ${title}`}
          onClick={() => showFailure(deleteWithUndo(music_id, title))}
        >
          Delete
        </button>
      </span>
    </header>
  )
}

function RenameForm({ music, title }: { music: Music; title: string }) {
  const close = () => {
    renaming.value = null
  }
  const first = useRef<HTMLInputElement>(null)
  useLayoutEffect(() => {
    first.current?.focus()
    first.current?.select()
  }, [])
  return (
    <form
      class="rename"
      aria-label={`Rename ${title}`}
      onSubmit={(event) => {
        event.preventDefault()
        const names = new FormData(event.currentTarget)
        close()
        showFailure(renameMusic(music.music_id, { name: String(names.get('name')), band: String(names.get('band')) }))
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close()
      }}
    >
      <label>
        Title <input name="name" required maxLength={300} defaultValue={music.name} ref={first} />
      </label>
      <label>
        Artist <input name="band" maxLength={300} defaultValue={music.band} />
      </label>
      <button type="submit">Save</button>
      <button type="button" class="quiet" onClick={close}>
        Cancel
      </button>
    </form>
  )
}
