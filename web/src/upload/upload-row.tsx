import { useEffect, useState } from 'preact/hooks'
import { Icon } from '../design/icon.tsx'
import { formatDuration } from '../format-duration.ts'
import type { FileTags } from './file-tags.ts'

/** The place of a file among those that were chosen together, from 1. */
export type Place = { batch: string; place: number; of: number }

export type Upload = {
  id: number
  place: Place
  file: File
  /** Null until they are read. */
  tags: FileTags | null
  state: 'queued' | 'sending' | 'throttled' | 'failed'
  share: number
  bytesPerSecond: number
  /** Why it failed; empty otherwise. */
  error: string
  /** Whether the server refused the file itself, so that sending it again is of no use. */
  isFileRefused: boolean
  stop: AbortController
  onAdded(musicId: number): void
}

/** One upload. Its name is the title in its tags, otherwise the name of the file. */
export function UploadRow({
  upload: { file, tags, state, share, bytesPerSecond, error, isFileRefused },
  onRetry,
  onClose,
}: {
  upload: Upload
  onRetry(): void
  onClose(): void
}) {
  const details = [tags?.artist, tags?.seconds ? formatDuration(tags.seconds) : ''].filter(Boolean).join(' · ')
  return (
    <li class={error ? 'refused' : ''}>
      {tags?.cover ? <Cover image={tags.cover} /> : <NoCover />}
      <div class="sent">
        <bdi title={file.name}>{tags?.title || file.name}</bdi>
        {details ? (
          <small class="small soft" dir="auto">
            {details}
          </small>
        ) : null}
        {error ? (
          <p role="alert">{error}</p>
        ) : (
          <div class="way">
            <progress value={share} max={1} aria-label={`Upload of ${file.name}`} />
            {state === 'throttled' ? <span class="speed small soft">waits until the server has room</span> : null}
            {bytesPerSecond > 0 ? <span class="speed small soft">{formatSpeed(bytesPerSecond)}</span> : null}
          </div>
        )}
      </div>
      {error && !isFileRefused ? (
        <button type="button" class="quiet icon" aria-label="Try again" title="Try again" onClick={onRetry}>
          <Icon name="again" />
        </button>
      ) : null}
      <button
        type="button"
        class="quiet icon"
        aria-label={error ? 'Dismiss' : 'Cancel'}
        title={error ? 'Dismiss' : 'Cancel'}
        onClick={onClose}
      >
        <Icon name="close" />
      </button>
    </li>
  )
}

function NoCover() {
  return (
    <span class="cover no-cover">
      <Icon name="everything" />
    </span>
  )
}

function Cover({ image }: { image: Blob }) {
  const [url, setUrl] = useState('')
  useEffect(() => {
    const made = URL.createObjectURL(image)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [image])
  return url ? <img class="cover" draggable={false} src={url} alt="" width={40} height={40} /> : null
}

/** "3.4 MB/s". */
function formatSpeed(bytesPerSecond: number): string {
  return bytesPerSecond < 1e6 ? `${Math.round(bytesPerSecond / 1e3)} kB/s` : `${(bytesPerSecond / 1e6).toFixed(1)} MB/s`
}
