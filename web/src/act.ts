import { notice } from './state.ts'

/** Does what was asked for and says what went wrong. */
export function act(work: Promise<void>): void {
  work.catch((error: unknown) => {
    notice.value = error instanceof Error ? error.message : String(error)
  })
}
