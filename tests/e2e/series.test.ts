import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { tempFolder } from '../helpers/temp-db'
import { axeReport } from './helpers/accessibility'
import { openServed, serve } from './helpers/browser'

/** Rows of 24 steps: the first half of each kind rises, the other swings; the last ten rows have no class yet. */
function wideTable(count: number): string {
  const steps = Array.from({ length: 24 }, (_, t) => t)
  const rows = Array.from({ length: count }, (_, i) => {
    const isRising = i % 2 === 0
    const values = steps.map((t) => ((isRising ? t / 12 - 1 : Math.sin(t)) + ((i * 7 + t * 3) % 5) / 10).toFixed(3))
    return [i < count - 10 ? (isRising ? 'rising' : 'swinging') : '', ...values].join(',')
  })
  return [['kind', ...steps.map((t) => `t${t}`)].join(','), ...rows].join('\n')
}

it('takes time series from a table to labels, a network, its reasons and new series, in the window', async () => {
  const folder = await tempFolder()
  await writeFile(join(folder, 'days.csv'), wideTable(90))
  await writeFile(join(folder, 'new.csv'), wideTable(12))
  const served = await serve(join(folder, 'workspace'))
  onTestFinished(async () => void (await served.stop()))
  const page = await openServed(served)
  const { found, look } = axeReport(page)

  await page.keyboard.press('Control+o')
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByText('Upload files').click()])
  await chooser.setFiles(join(folder, 'days.csv'))
  await page.getByText('90 series found in 2 classes').waitFor()
  await look('Import of series')
  await page.getByRole('tab', { name: 'Table' }).click()
  await page.getByText('90 rows, 25 columns').waitFor()
  await page.getByRole('tab', { name: 'Time series' }).click()
  await page.getByText('90 series found in 2 classes').waitFor()
  await page.getByTestId('import-start').click()
  await page.getByRole('button', { name: 'Go on to labelling' }).click()

  await page.getByText('80 of 90 series labelled').waitFor()
  await page.getByRole('listbox', { name: 'Time series' }).focus()
  await page.keyboard.press('n')
  await page.getByRole('img', { name: /24 steps/ }).waitFor()
  await page.keyboard.press('1')
  await page.getByText('81 of 90 series labelled').waitFor()
  await page.locator('button[aria-label="Undo"]:not([disabled])').waitFor()
  await page.keyboard.press('Control+z')
  await page.getByText('80 of 90 series labelled').waitFor()
  await page.getByRole('listbox', { name: 'Time series' }).focus()
  await page.keyboard.press('Home')
  await page.getByRole('img', { name: /24 steps/ }).waitFor()
  await page.getByRole('button', { name: 'Show fewer steps' }).click()
  await look('Label series')

  const main = page.getByRole('navigation', { name: 'Main' })
  await main.getByRole('link', { name: 'Train' }).click()
  await page.getByTestId('parameter-count').waitFor()
  await page.locator('[data-choice="inception-time"]').click()
  await page.locator('[data-choice="quick"]').click()
  await look('Train on series')
  await page.getByRole('button', { name: 'Start training' }).click()
  await page.getByText('finished', { exact: false }).first().waitFor({ timeout: 60_000 })

  await main.getByRole('link', { name: 'Explain' }).click()
  await page.getByRole('img', { name: /over the steps/ }).waitFor()
  await look('Explain a series')
  await main.getByRole('link', { name: 'Try it' }).click()
  const [again] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Choose files' }).click(),
  ])
  await again.setFiles(join(folder, 'new.csv'))
  await page.getByText('12 predictions').waitFor()
  const classes = await page.getByRole('list', { name: 'Predictions' }).locator('.text-lg').allInnerTexts()
  expect(classes).toEqual(Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? 'rising' : 'swinging')))
  await look('Try series')
  expect(found).toEqual([])
})
