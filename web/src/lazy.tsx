import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { showFailure } from './notice.ts'

/** Shows a part of the page that is fetched when it is needed first. */
export function Lazy<Part>({ load, children }: { load(): Promise<Part>; children(part: Part): ComponentChildren }) {
  const [part, setPart] = useState<{ loaded: Part } | null>(null)
  useEffect(() => showFailure(load().then((loaded) => setPart({ loaded }))), [])
  return <>{part && children(part.loaded)}</>
}
