import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from '../design/icon.tsx'
import type { Song } from '../server/songs.ts'
import { AddWorker } from './add-worker.tsx'
import { PageCode } from './page-code.tsx'
import { SegmentStrip } from './segment-strip.tsx'
import { WorkerRows } from './worker-rows.tsx'

export const isPanelOpen = signal(false)

/**
 * The machine room, beside the song: the segments of the song that is shown, the workers and what each does, and how to add one.
 * Escape closes it.
 */
export function MachinePanel({ song, title }: { song: Song | undefined; title: string }) {
  const panel = useRef<HTMLElement>(null)
  const isOpen = isPanelOpen.value
  useEffect(() => {
    if (!isOpen) return undefined
    const before = document.activeElement
    panel.current?.focus()
    return () => {
      if (before instanceof HTMLElement) before.focus()
    }
  }, [isOpen])
  if (!isOpen) return null
  const close = () => {
    isPanelOpen.value = false
  }
  return (
    <aside
      id="machines"
      class="machine-panel"
      aria-label="Machines"
      ref={panel}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.stopPropagation()
        close()
      }}
    >
      <header>
        <h2>Machines</h2>
        <button type="button" class="quiet icon" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      {song && song.segments.length > 0 ? (
        <section>
          <h3>
            Segments of <bdi>{title}</bdi>
          </h3>
          <SegmentStrip segments={song.segments} />
          <p class="soft small numbers">
            {song.segments.filter(({ state }) => state === 'final').length} of {song.segments.length} are separated
          </p>
        </section>
      ) : null}
      <section aria-label="Workers">
        <h3>Workers</h3>
        <WorkerRows />
        <AddWorker />
      </section>
      <PageCode />
    </aside>
  )
}
