import { Icon } from '../design/icon.tsx'
import type { Music } from '../server/api.ts'

/** The cover of a song, or a drawing in its place. */
export function Cover({ music: { cover }, size = 40 }: { music: Pick<Music, 'cover'>; size?: number }) {
  return cover ? (
    <img class="cover" draggable={false} src={cover} alt="" width={size} height={size} loading="lazy" />
  ) : (
    <span class="cover no-cover" style={{ width: `${size}px`, height: `${size}px` }}>
      <Icon name="everything" />
    </span>
  )
}
