/** Three bars that move while a song plays. They are drawn in the colour of text, which forced colours keep. */
export function PlayingBars({ isMoving }: { isMoving: boolean }) {
  return (
    <svg class={isMoving ? 'bars moving' : 'bars'} viewBox="0 0 24 24" aria-hidden="true">
      <rect x="4" y="6" width="4" height="14" />
      <rect x="10" y="6" width="4" height="14" />
      <rect x="16" y="6" width="4" height="14" />
    </svg>
  )
}
