import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { showFailure } from '../notice.ts'
import { type Health, health } from '../server/api.ts'
import { workerCommand } from './worker-command.ts'

type Broker = NonNullable<Health['broker']>
const broker = signal<Broker | null>(null)
const isCopied = signal(false)

/** The exact command that starts another worker for this server. */
export function AddWorker() {
  useEffect(() => {
    showFailure(
      health().then((answer) => {
        broker.value = answer.broker ?? null
      }),
    )
  }, [])
  return (
    <details class="add-worker">
      <summary>Add a worker</summary>
      {broker.value ? <Command broker={broker.value} /> : null}
    </details>
  )
}

function Command({ broker }: { broker: Broker }) {
  const code = useRef<HTMLElement>(null)
  const { command, where } = workerCommand(broker, location.hostname)
  const copy = async () => {
    // Undefined on a page that came over plain http.
    const clipboard = navigator.clipboard as Clipboard | undefined
    if (clipboard) await clipboard.writeText(command)
    else if (code.current) getSelection()?.selectAllChildren(code.current)
    isCopied.value = clipboard !== undefined
  }
  return (
    <>
      <p>{where}</p>
      <p class="command">
        <code ref={code}>{command}</code>
        <button type="button" onClick={() => showFailure(copy())}>
          {isCopied.value ? 'Copied' : 'Copy'}
        </button>
      </p>
    </>
  )
}
