import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { type Stage, setStage } from '../../support/stage.ts'
import { client } from '../../support/system.ts'
import { until } from '../../support/wait.ts'

describe('The page in Chromium while a worker dies', () => {
  let stage: Stage
  let page: Page

  before(async () => {
    stage = await setStage(2)
    ;({ page } = await stage.newPage())
    await page.goto(stage.system.url)
  })
  after(() => stage.clear())

  test('says that the worker was lost, and removes it after ten seconds', async () => {
    await page.getByRole('button', { name: /machine/ }).click()
    const workers = page.getByRole('list', { name: 'Workers' })
    await workers.getByRole('listitem').nth(1).waitFor()
    const { pid, worker } = (await client(stage.system.url).workers())[0] ?? assert.fail()
    const row = () => workers.getByRole('listitem').filter({ hasText: worker })
    process.kill(pid, 'SIGKILL')
    await row().getByText('was lost; its work is done by another').waitFor({ timeout: 5_000 })
    await row().waitFor({ state: 'detached', timeout: 15_000 })
    await until('another one is in its place', async () => (await workers.getByRole('listitem').count()) === 2)
  })
})
