import type { Locator, Page } from 'playwright-core'

/** The parts of the page that tests press and read, by the names that users see or hear. */
export type SongPage = {
  /** The player at the bottom of the page. */
  player: Locator
  /** A song in the list. */
  row(title: string): Locator
  /** Shows a song of the list in the practice view. */
  show(title: string): Promise<void>
  /** The song in the practice view. */
  song(title: string): Locator
  play(title: string): Locator
  pause(title: string): Locator
  place(title: string): Locator
  /** The place of the playhead in seconds. */
  placeOf(title: string): Promise<number>
  seek(title: string, seconds: number): Promise<void>
  /** Waits until the page shows a song as separated. */
  ready(title: string): Promise<void>
}

const READY_MS = 60_000

export function songPage(page: Page): SongPage {
  const player = page.getByRole('region', { name: 'Player', exact: true })
  const song = (title: string) => page.getByRole('article', { name: title, exact: true })
  const row = (title: string) => page.getByRole('listitem', { name: title, exact: true })
  const place = (title: string) => player.getByRole('slider', { name: `Place in ${title}`, exact: true })
  return {
    player,
    row,
    song,
    place,
    show: (title) => row(title).locator('.row-show').click(),
    play: (title) => player.getByRole('button', { name: `Play ${title}`, exact: true }),
    pause: (title) => player.getByRole('button', { name: `Pause ${title}`, exact: true }),
    placeOf: async (title) => Number(await place(title).inputValue()),
    seek: (title, seconds) => place(title).fill(String(seconds)),
    ready: (title) => song(title).and(page.locator('[data-state=ready]')).waitFor({ timeout: READY_MS }),
  }
}
