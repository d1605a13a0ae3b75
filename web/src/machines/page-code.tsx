import { useEffect, useRef } from 'preact/hooks'
import { CopyButton } from '../design/copy-button.tsx'
import { showFailure } from '../notice.ts'
import { serverUrl } from '../server/server-url.ts'

/** Modules of white around a QR code (ISO/IEC 18004, 9.1). */
const QUIET_ZONE = 4

/** The page's address as a QR code (ISO/IEC 18004) for phones. It holds no password: a server with a login asks for it there. */
export function PageCode() {
  const canvas = useRef<HTMLCanvasElement>(null)
  const url = serverUrl('.')
  useEffect(() => showFailure(draw(canvas.current, url)), [url])
  return (
    <section class="page-code">
      <h3>Open it on a phone</h3>
      <canvas ref={canvas} role="img" aria-label={`QR code of ${url}`} />
      <p class="command">
        <code>{url}</code>
        <CopyButton text={url} label="Copy" />
      </p>
      {isOnlyHere() ? (
        <p class="soft small">This address works on this machine only. Open the page by the machine's address first.</p>
      ) : null}
    </section>
  )
}

async function draw(canvas: HTMLCanvasElement | null, url: string): Promise<void> {
  const { generate } = await import('lean-qr')
  if (canvas) generate(url).toCanvas(canvas, { on: [0, 0, 0], off: [255, 255, 255], pad: QUIET_ZONE })
}

function isOnlyHere(): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname)
}
