import { signal } from '@preact/signals'

/** The message of the last failure; empty when there is none to show. */
export const notice = signal('')

/** Shows why `work` failed, if it fails. */
export function showFailure(work: Promise<unknown>): void {
  work.catch((error: unknown) => {
    notice.value = error instanceof Error ? error.message : String(error)
  })
}
