import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { axeViolations } from '../../support/axe.ts'
import { openBrowser } from '../../support/browser.ts'
import { makeSong, wavOf } from '../../support/songs.ts'
import { type System, startSystem } from '../../support/system.ts'

const TOKEN = 'correct horse battery'

describe('The login page in Chromium', () => {
  let system: System
  let browser: Browser
  let page: Page
  before(async () => {
    system = await startSystem({ ACCESS_TOKEN: TOKEN, WORKERS_HEALTHY: '1' })
    browser = await openBrowser()
    page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage()
  })
  after(async () => {
    await browser?.close()
    await system?.remove()
  })

  test('A visitor is sent to the login, which explains a wrong token and has no accessibility violations', async () => {
    await page.goto(system.url)
    await page.waitForURL('**/login')
    await page.getByLabel('Access token').fill('something else')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('alert').getByText('That is not the access token.').waitFor()
    assert.deepEqual(await axeViolations(page), [])
    await page.emulateMedia({ colorScheme: 'dark' })
    assert.deepEqual(await axeViolations(page), [])
  })

  test('The right token, entered by keyboard alone, opens the library, which plays a song', async () => {
    await page.getByLabel('Access token').fill(TOKEN)
    await page.keyboard.press('Enter')
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'Mine.wav', mimeType: 'audio/wav', buffer: wavOf(makeSong(3)) })
    await page
      .getByRole('button', { name: 'Pause Mine' })
      .first()
      .or(page.locator('[aria-valuetext="0:03 of 0:03"]'))
      .waitFor({ timeout: 60_000 })
  })

  test('Logging out in one tab logs out all tabs', async () => {
    const other = await page.context().newPage()
    await other.goto(system.url)
    await other.getByRole('button', { name: /Mine/ }).first().waitFor()
    await page.getByRole('button', { name: 'Menu', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Log out' }).click()
    await page.waitForURL('**/login')
    // The other tab logs out by itself, because the server ends its event stream.
    await other.waitForURL('**/login')
  })
})
