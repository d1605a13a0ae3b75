import { allPids, parentOf, titleOf } from './proc.ts'

/** The media processes that have this process as their parent. */
export function mediaChildren(): number[] {
  return allPids().filter((pid) => parentOf(pid) === process.pid && titleOf(pid).startsWith('minus-one media'))
}
