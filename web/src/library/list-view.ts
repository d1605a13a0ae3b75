import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { type View, visibleRows } from './visible-rows.ts'

/** Where a list was scrolled to. It stays while the list is hidden, as on a phone that shows a song. */
let kept = { name: '', top: 0 }

/**
 * Which rows of a scrolling list are in view. A component that uses it is drawn again only when other rows come into view.
 * @param name of the list; another list begins at its top
 */
export function useListView(box: { current: HTMLElement | null }, { name, count }: { name: string; count: number }) {
  if (kept.name !== name) kept = { name, top: 0 }
  const view = useRef<View>({ top: kept.top, height: 0 })
  const [rows, setRows] = useState(() => visibleRows(view.current, count))
  const update = (next: View) => {
    view.current = next
    const { first, end } = visibleRows(next, count)
    setRows((now) => (now.first === first && now.end === end ? now : { first, end }))
  }
  const updateNow = useRef(update)
  updateNow.current = update
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return undefined
    const observer = new ResizeObserver(() => {
      const { clientHeight } = element
      if (clientHeight === 0) return
      element.scrollTop = kept.top
      updateNow.current({ top: element.scrollTop, height: clientHeight })
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  // The list may be shorter than the rows that were in view.
  const { first, end } = visibleRows(view.current, count)
  return {
    rows: rows.first === first && rows.end === end ? rows : { first, end },
    now: () => view.current,
    follow() {
      const element = box.current
      if (!element || element.clientHeight === 0) return
      kept.top = element.scrollTop
      updateNow.current({ top: kept.top, height: element.clientHeight })
    },
    scrollTo(top: number) {
      const element = box.current
      if (!element) return
      element.scrollTop = top
      this.follow()
    },
  }
}
