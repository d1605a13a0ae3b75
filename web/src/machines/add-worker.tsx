import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { CopyButton } from '../design/copy-button.tsx'
import { showFailure } from '../notice.ts'
import { type Health, health } from '../server/api.ts'
import { type Steps, workerCommands } from './worker-commands.ts'

const broker = signal<NonNullable<Health['broker']> | null>(null)

/** The exact commands that add a machine to this server. */
export function AddWorker() {
  useEffect(() => {
    showFailure(
      health().then((answer) => {
        broker.value = answer.broker ?? null
      }),
    )
  }, [])
  if (!broker.value) return null
  return (
    <details class="add-worker">
      <summary>Add a worker</summary>
      {workerCommands(broker.value, location.hostname).map((steps) => (
        <CommandList key={steps.title} {...steps} />
      ))}
    </details>
  )
}

function CommandList({ title, words, commands }: Steps) {
  return (
    <section>
      <h3>{title}</h3>
      <p class="soft small">{words}</p>
      {commands.map((command) => (
        <Command key={command} command={command} />
      ))}
    </section>
  )
}

function Command({ command }: { command: string }) {
  const code = useRef<HTMLElement>(null)
  return (
    <p class="command">
      <code ref={code}>{command}</code>
      <CopyButton text={command} label="Copy" source={() => code.current} />
    </p>
  )
}
