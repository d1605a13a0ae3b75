import { formatDuration } from '../format-duration.ts'
import type { Shown } from './use-sung-place.ts'

/** Dots for the last seconds before a line, or the time that is left of an instrumental part. */
export function CountIn({ shown: { dots, instrumentalSeconds } }: { shown: Shown }) {
  if (instrumentalSeconds > 0) {
    return (
      <span class="instrumental" aria-hidden="true">
        <i /> {formatDuration(instrumentalSeconds)}
      </span>
    )
  }
  return (
    <span class="count-in" aria-hidden="true">
      {'●'.repeat(dots)}
    </span>
  )
}
