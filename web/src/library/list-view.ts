import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { type View, visibleRows } from './visible-rows.ts'

/** Where the list was scrolled to. It stays while the list is hidden, as on a phone that shows a song. */
let keptTop = 0

/** Which rows of a scrolling list are in view. A component that uses it is drawn again only when other rows come into view. */
export function useListView(box: { current: HTMLElement | null }, count: number) {
  const view = useRef<View>({ top: keptTop, height: 0 })
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
      element.scrollTop = keptTop
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
      keptTop = element.scrollTop
      updateNow.current({ top: keptTop, height: element.clientHeight })
    },
    scrollTo(top: number) {
      const element = box.current
      if (!element) return
      element.scrollTop = top
      this.follow()
    },
  }
}
