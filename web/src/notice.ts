import { signal } from '@preact/signals'

/** The message of the last failure; empty when there is none to show. */
export const notice = signal('')

/** Shows why `work` failed, if it fails. */
export function showFailure(work: Promise<unknown>): void {
  work.catch((error: unknown) => {
    notice.value = error instanceof Error ? error.message : String(error)
  })
}

/** What has just been done, where nothing else shows it; empty after a moment. */
export const remark = signal('')
const REMARK_MS = 4_000
let remarkEnd: ReturnType<typeof setTimeout> | undefined

export function showRemark(words: string): void {
  clearTimeout(remarkEnd)
  remark.value = words
  remarkEnd = setTimeout(() => {
    remark.value = ''
  }, REMARK_MS)
}
