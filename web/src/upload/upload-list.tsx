import { type Upload, UploadRow } from './upload-row.tsx'
import type { Uploads } from './uploads.ts'

/**
 * The list draws at most this many rows, more than fit on a screen: each loads a cover, and thousands of files may be
 * dropped.
 */
const MAX_ROWS = 20
const ORDER: Record<Upload['state'], number> = { sending: 0, throttled: 1, queued: 2, failed: 3 }

/** The uploads: those under way first, those that failed last. */
export function UploadList({ uploads }: { uploads: Uploads }) {
  const all = uploads.list.value.toSorted((a, b) => ORDER[a.state] - ORDER[b.state])
  return (
    <div class={all.length > 0 ? 'upload-list' : ''}>
      <ul class="uploads" aria-label="Uploads" aria-live="polite">
        {all.slice(0, MAX_ROWS).map((upload) => (
          <UploadRow
            key={upload.id}
            upload={upload}
            onRetry={() => uploads.retry([upload])}
            onClose={() => uploads.cancel([upload])}
          />
        ))}
      </ul>
      {all.length > 1 ? <AllUploads uploads={uploads} all={all} hidden={all.slice(MAX_ROWS)} /> : null}
    </div>
  )
}

/** The number of uploads without a row, and buttons for all uploads. */
function AllUploads({ uploads, all, hidden }: { uploads: Uploads; all: readonly Upload[]; hidden: readonly Upload[] }) {
  const failed = all.filter(({ state, isFileRefused }) => state === 'failed' && !isFileRefused)
  const hiddenFailed = hidden.filter(({ state }) => state === 'failed').length
  const waiting = hidden.length - hiddenFailed
  const counts = [hiddenFailed > 0 ? `${hiddenFailed} failed` : '', waiting > 0 ? `${waiting} wait` : '']
  return (
    <p class="together small">
      {hidden.length > 0 ? `${hidden.length} more: ${counts.filter(Boolean).join(', ')}` : null}
      {failed.length > 1 ? (
        <button type="button" onClick={() => uploads.retry(failed)}>
          Try all {failed.length} again
        </button>
      ) : null}
      <button type="button" onClick={() => uploads.cancel(all)}>
        Cancel all
      </button>
    </p>
  )
}
