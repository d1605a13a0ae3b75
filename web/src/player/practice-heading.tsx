import type { ComponentChildren } from 'preact'
import { formatDuration } from '../format-duration.ts'
import type { Music } from '../server/api.ts'

/** Cover, title, artist and length of the song in the practice view. @param children what can be done with the song */
export function PracticeHeading({
  music,
  title,
  children,
}: {
  music: Music
  title: string
  children: ComponentChildren
}) {
  const { band, duration, cover } = music
  return (
    <header class="practice-heading">
      {cover ? <img class="cover" draggable={false} src={cover} alt="" width={64} height={64} /> : null}
      <div class="practice-title">
        <h2 dir="auto">{title}</h2>
        <p class="soft">
          <bdi>{band}</bdi>
          {band && duration ? ' · ' : ''}
          {duration ? formatDuration(duration) : ''}
        </p>
      </div>
      <div class="practice-actions">{children}</div>
    </header>
  )
}
