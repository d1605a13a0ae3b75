import { effect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Song } from '../../server/songs.ts'
import { loopInForce } from '../loop.ts'
import type { Player } from '../player.ts'
import { viewOf } from './view.ts'

/** The width of a name, as a share of a narrow ruler. */
const NAME_SHARE = 0.05

/**
 * The loop with its ends A and B, and the playhead, over a waveform or the ruler. Each is as wide as its parent and is moved by
 * a transform, so no move makes the browser lay anything out or draw a waveform again.
 */
export function WaveformOverlay({ player, song, isNamed = false }: { player: Player; song: Song; isNamed?: boolean }) {
  const root = useRef<HTMLDivElement>(null)
  useEffect(
    () =>
      effect(() => {
        if (root.current) place(root.current, { player, song })
      }),
    [player, song],
  )
  return (
    <div class="waveform-overlay" aria-hidden="true" hidden ref={root}>
      <i class="looped" />
      <i class="loop-end loop-start">{isNamed ? <b>A</b> : null}</i>
      <i class="loop-end">{isNamed ? <b>B</b> : null}</i>
      <i class="playhead" />
    </div>
  )
}

function place(root: HTMLElement, { player, song }: { player: Player; song: Song }): void {
  const isOpen = player.isOpen(song.music.music_id)
  const loop = loopInForce(player, song.music.music_id)
  const { start, end } = viewOf(song)
  const position = player.position.value
  const [looped, from, to, playhead] = root.children as unknown as HTMLElement[]
  if (!looped || !from || !to || !playhead) return
  root.hidden = !isOpen && !loop
  playhead.hidden = !isOpen
  const move = (sample: number) => `translateX(${(100 * (sample - start)) / (end - start)}%)`
  playhead.style.transform = move(position)
  for (const each of [looped, from, to]) each.hidden = !loop
  if (!loop) return
  looped.style.transform = `${move(loop.start)} scaleX(${(loop.end - loop.start) / (end - start)})`
  // At the edge of the ruler, a name stands on the other side of its line.
  from.toggleAttribute('data-inside', (loop.start - start) / (end - start) < NAME_SHARE)
  to.toggleAttribute('data-inside', (loop.end - start) / (end - start) > 1 - NAME_SHARE)
  from.style.transform = move(loop.start)
  to.style.transform = move(loop.end)
}
