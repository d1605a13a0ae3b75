import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Icon, type IconName } from './icon.tsx'
import { menuTarget } from './menu-keys.ts'

export type MenuItem = {
  label: string
  icon: IconName
  onSelect?(): void
  /** What the item downloads. */
  download?: string
}

/** The least distance of a menu from its button and from the edges of the window, in px. */
const GAP = 4

/**
 * A button with three dots and its menu, which lies above all else of the page (popover). It closes by Escape and by a press
 * beside it. The focus goes back to the button before an item's action begins.
 * @param items are asked for when the menu opens
 * @param tabIndex -1 for a button that is reached by other keys than Tab
 */
export function Menu({
  label,
  items,
  tabIndex = 0,
}: {
  label: string
  items(): readonly MenuItem[]
  tabIndex?: number
}) {
  const id = useId()
  const [isOpen, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const close = () => list.current?.hidePopover()
  useLayoutEffect(() => {
    if (!isOpen || !list.current || !button.current) return undefined
    const [menu, opener] = [list.current, button.current]
    // Lists scroll by themselves as well, so a menu follows its button instead of closing.
    const follow = () => (opener.checkVisibility() ? place(menu, opener) : close())
    follow()
    itemsOf(menu)[0]?.focus()
    addEventListener('scroll', follow, true)
    addEventListener('resize', follow)
    return () => {
      removeEventListener('scroll', follow, true)
      removeEventListener('resize', follow)
    }
  }, [isOpen])
  return (
    <>
      <button
        type="button"
        class="quiet icon"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        popovertarget={id}
        tabIndex={tabIndex}
        ref={button}
      >
        <Icon name="more" />
      </button>
      <div
        id={id}
        popover="auto"
        role="menu"
        class="menu"
        tabIndex={-1}
        aria-label={label}
        ref={list}
        onBeforeToggle={({ newState }) => {
          if (newState === 'closed' && list.current?.contains(document.activeElement)) button.current?.focus()
          setOpen(newState === 'open')
        }}
        onKeyDown={(event) => {
          event.stopPropagation()
          if (event.key === 'Tab') close()
          else step(event)
        }}
      >
        {isOpen ? items().map((item) => <Item key={item.label} item={item} onPress={close} />) : null}
      </div>
    </>
  )
}

function Item({ item: { label, icon, onSelect, download }, onPress }: { item: MenuItem; onPress(): void }) {
  const words = (
    <>
      <Icon name={icon} />
      {label}
    </>
  )
  const press = () => {
    onPress()
    onSelect?.()
  }
  return download === undefined ? (
    <button type="button" role="menuitem" class="quiet" tabIndex={-1} onClick={press}>
      {words}
    </button>
  ) : (
    <a role="menuitem" class="button quiet" tabIndex={-1} href={download} download onClick={press}>
      {words}
    </a>
  )
}

function itemsOf(list: HTMLElement): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>('[role="menuitem"]')]
}

function step(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const all = itemsOf(event.currentTarget)
  const focused = document.activeElement
  const at = focused instanceof HTMLElement ? all.indexOf(focused) : -1
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const target = menuTarget(event.key, { labels: all.map((item) => item.textContent ?? ''), at })
  if (target === null) return
  event.preventDefault()
  all[target]?.focus()
}

/** Places a menu below the right end of its button, or above it where the window ends. */
function place(list: HTMLElement, button: HTMLElement): void {
  const from = button.getBoundingClientRect()
  const { width, height } = list.getBoundingClientRect()
  const isBelow = from.bottom + GAP + height + GAP <= innerHeight
  const top = isBelow ? from.bottom + GAP : from.top - GAP - height
  list.style.top = `${Math.max(GAP, top)}px`
  list.style.left = `${Math.max(GAP, Math.min(from.right - width, innerWidth - width - GAP))}px`
}
