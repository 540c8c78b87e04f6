import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { tempFolder } from '../helpers/temp-db'
import { axeReport } from './helpers/accessibility'
import { openServed, serve } from './helpers/browser'

it('takes a graph from the start screen to labels, a network and the ties that mattered, in the window', async () => {
  const folder = await tempFolder()
  const served = await serve(join(folder, 'workspace'))
  onTestFinished(async () => void (await served.stop()))
  const page = await openServed(served)
  const { found, look } = axeReport(page)

  await page.getByRole('button', { name: 'Open the sample Karate club' }).click()
  const main = page.getByRole('navigation', { name: 'Main' })
  await main.getByRole('link', { name: 'Label' }).click()
  await page.getByText('34 of 34 nodes labelled').waitFor()
  await page.getByRole('listbox', { name: 'Graph' }).focus()
  await page.keyboard.press('Home')
  await page.getByRole('img', { name: /with 1[67] neighbours and theirs/ }).waitFor()
  await look('Label nodes')
  await page.keyboard.press('1')
  await page.locator('button[aria-label="Undo"]:not([disabled])').waitFor()
  await page.keyboard.press('Control+z')

  await main.getByRole('link', { name: 'Train' }).click()
  await page.getByTestId('parameter-count').waitFor()
  await page.locator('[data-choice="gcn"]').click()
  await page.locator('[data-choice="quick"]').click()
  await look('Train on a graph')
  await page.getByRole('button', { name: 'Start training' }).click()
  await page.getByText('finished', { exact: false }).first().waitFor({ timeout: 60_000 })

  await main.getByRole('link', { name: 'Explain' }).click()
  await page.getByRole('img', { name: /Integrated gradients for/ }).waitFor()
  await look('Explain a node')
  await main.getByRole('link', { name: 'Try it' }).click()
  await page.getByText('All nodes have their answer already').waitFor()
  expect(found).toEqual([])
}, 180_000)
