import { type Upload, UploadRow } from './upload-row.tsx'
import { cancel, retry, uploads } from './uploads.ts'

/** A screen shows fewer; each row costs a cover, and thousands of files may be dropped. */
const MOST_ROWS = 20
const ORDER: Record<Upload['state'], number> = { sending: 0, throttled: 1, queued: 2, failed: 3 }

/** The songs on their way: those that are being sent first, those that failed last. */
export function UploadList() {
  const all = uploads.value.toSorted((a, b) => ORDER[a.state] - ORDER[b.state])
  return (
    <>
      <ul class="uploads" aria-live="polite">
        {all.slice(0, MOST_ROWS).map((upload) => (
          <UploadRow key={upload.id} upload={upload} onRetry={() => retry([upload])} onClose={() => cancel([upload])} />
        ))}
      </ul>
      {all.length > 1 ? <AllUploads all={all} hidden={all.slice(MOST_ROWS)} /> : null}
    </>
  )
}

/** How many have no row, and what can be done with all at once. */
function AllUploads({ all, hidden }: { all: readonly Upload[]; hidden: readonly Upload[] }) {
  const failed = all.filter(({ state }) => state === 'failed')
  const hiddenFailed = hidden.filter(({ state }) => state === 'failed').length
  const waiting = hidden.length - hiddenFailed
  const counts = [hiddenFailed > 0 ? `${hiddenFailed} failed` : '', waiting > 0 ? `${waiting} wait` : '']
  return (
    <p class="together">
      {hidden.length > 0 ? `${hidden.length} more: ${counts.filter(Boolean).join(', ')}` : null}
      {failed.length > 1 ? (
        <button type="button" onClick={() => retry(failed)}>
          Try all {failed.length} again
        </button>
      ) : null}
      <button type="button" onClick={() => cancel(all)}>
        Cancel all
      </button>
    </p>
  )
}
