import type { Segment } from '../server/api.ts'

/** The segments of a song in a row, coloured by their state. */
export function SegmentStrip({ segments }: { segments: readonly Segment[] }) {
  return (
    <ol class="strip" aria-label="Segments">
      {segments.map(({ index, state, worker, attempt }) => {
        const again = attempt > 1 ? `, attempt ${attempt}` : ''
        const words = `Segment ${index + 1}: ${state}${worker ? ` by ${worker}` : ''}${again}`
        return <li key={index} class={attempt > 1 ? `${state} again` : state} title={words} />
      })}
    </ol>
  )
}
