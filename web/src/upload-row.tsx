import { useEffect, useState } from 'preact/hooks'
import type { Peek } from './peek.ts'
import { clock, speedOf } from './words.ts'

export type Upload = {
  id: number
  file: File
  /** What is known of the song before the server knows it. */
  peek: Peek | null
  state: 'queued' | 'sending' | 'throttled' | 'failed'
  share: number
  bytesPerSecond: number
  /** Why it failed; empty otherwise. */
  error: string
  stop: AbortController
}

/** A song on its way to the server: called as its file calls it, else by the file's name. */
export function UploadRow({
  upload: { file, peek, state, share, bytesPerSecond, error },
  onRetry,
  onClose,
}: {
  upload: Upload
  onRetry(): void
  onClose(): void
}) {
  const details = [peek?.artist, peek?.seconds ? clock(peek.seconds) : ''].filter(Boolean).join(' · ')
  return (
    <li class={error ? 'refused' : ''}>
      {peek?.cover ? <Cover of={peek.cover} /> : null}
      <div class="sent">
        <bdi>{peek?.title || file.name}</bdi>
        {details ? <small dir="auto">{details}</small> : null}
        {error ? (
          <p role="alert">{error}</p>
        ) : (
          <div class="way">
            <progress value={share} max={1} aria-label={`Upload of ${file.name}`} />
            {state === 'throttled' ? <span class="speed">waits until the server has room</span> : null}
            {bytesPerSecond > 0 ? <span class="speed">{speedOf(bytesPerSecond)}</span> : null}
          </div>
        )}
      </div>
      {error ? (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      ) : null}
      <button type="button" onClick={onClose}>
        {error ? 'Dismiss' : 'Cancel'}
      </button>
    </li>
  )
}

function Cover({ of }: { of: Blob }) {
  const [url, setUrl] = useState('')
  useEffect(() => {
    const made = URL.createObjectURL(of)
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [of])
  return url ? <img class="cover" draggable={false} src={url} alt="" width={40} height={40} /> : null
}
