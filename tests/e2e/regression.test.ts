import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { tempFolder } from '../helpers/temp-db'
import { axeReport } from './helpers/accessibility'
import { openServed, serve } from './helpers/browser'
import { run, runJson, sample } from './helpers/program'

/** Flats whose price follows from size and quarter; every tenth has no price yet. */
function flats(count: number): string {
  const quarters = ['north', 'south', 'river']
  const rows = Array.from({ length: count }, (_, i) => {
    const [size, quarter] = [30 + ((i * 37) % 90), i % 3]
    const price = 1000 + size * 30 + quarter * 400 + ((i * 13) % 41) * 5
    return [size, 1 + ((i * 7) % 5), quarters[quarter], i % 10 === 9 ? '' : price].join(',')
  })
  return ['size,rooms,quarter,price', ...rows].join('\n')
}

it('takes a column of numbers from a table to a network that predicts it, in the window', async () => {
  const folder = await tempFolder()
  await writeFile(join(folder, 'flats.csv'), flats(240))
  await writeFile(join(folder, 'new.csv'), flats(8))
  const served = await serve(join(folder, 'workspace'))
  onTestFinished(async () => void (await served.stop()))
  const page = await openServed(served)
  const { found, look: axe } = axeReport(page)
  const look = async (name: string) => {
    await axe(name)
    const out = process.env['PELLUCID_SHOTS']
    if (out) await page.screenshot({ path: join(out, `${name.replaceAll(' ', '-').toLowerCase()}.png`) })
  }

  await page.keyboard.press('Control+o')
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByText('Upload files').click()])
  await chooser.setFiles(join(folder, 'flats.csv'))
  await page.getByRole('combobox', { name: 'Column to predict' }).click()
  await page.getByRole('option', { name: 'price' }).click()
  await page.getByText('a model answers with one.').waitFor()
  await look('Import of numbers')
  await page.getByTestId('import-start').click()
  await page.getByText('so it is predicted as a number').waitFor()
  await page.getByRole('button', { name: 'See the data' }).click()
  await page.getByRole('heading', { name: 'price, a number' }).waitFor()
  await look('Data of numbers')
  await page.getByRole('link', { name: /^Label/ }).click()
  await page.getByText('There is nothing to label here').waitFor()
  await page.getByRole('link', { name: 'Train a model' }).click()

  await page.locator('[data-testid=start]:not([disabled])').waitFor()
  await page.getByText('Linear regression').waitFor()
  expect(await page.getByText('Class weights').count()).toBe(0)
  await look('Train on numbers')
  const train = async () => {
    await page.locator('[data-testid=start]:not([disabled])').click()
    await page.getByTestId('run-interval').waitFor({ timeout: 90_000 })
  }
  await train()
  await page.getByText('Predicted against true').waitFor()
  expect(await page.getByText('What was taken for what').count()).toBe(0)
  await look('Run of numbers')
  await page.getByRole('region', { name: 'Predicted numbers' }).scrollIntoViewIfNeeded()
  await look('Scatter of numbers')

  await page.getByRole('link', { name: 'Train again with changes' }).click()
  await page.getByText('Linear regression').click()
  await train()
  await page.getByRole('link', { name: /^Compare/ }).click()
  await page.getByRole('columnheader', { name: 'Mean abs. error' }).getByRole('button').click()
  const errors = await page.locator('tbody tr td:has(> span.font-semibold)').allInnerTexts()
  expect(Number(errors[0]!.replace(/\s/g, ''))).toBeLessThanOrEqual(Number(errors[1]!.replace(/\s/g, '')))
  await look('Runs of numbers')
  for (const box of await page.locator('tbody').getByRole('checkbox').all()) await box.click()
  await page.getByRole('button', { name: /^Compare/ }).click()
  await page.getByText('Always the median').first().waitFor()
  await look('Comparison of numbers')

  await page.getByRole('link', { name: 'Audit' }).click()
  await page.getByText('Audits compare rates of classes').waitFor()
  await page.getByRole('link', { name: 'Explain' }).click()
  await page.getByText('Explanations are of classes so far').waitFor()
  await page.getByRole('link', { name: 'Try it' }).click()
  await page.getByTestId('predicted-number').waitFor()
  await page.getByLabel('size').fill('119')
  await page.getByText('Your changes moved it').waitFor()
  await look('Try a number')
  await page.getByRole('tab', { name: 'From a file' }).click()
  const [files] = await Promise.all([page.waitForEvent('filechooser'), page.getByText('Choose files').click()])
  await files.setFiles(join(folder, 'new.csv'))
  await page.getByText('8 predictions').waitFor()
  await look('Try a file of numbers')
  expect(found).toEqual([])
}, 240_000)

it('predicts wages on the command line, and says what it must beat', async () => {
  const folder = await tempFolder()
  const at = { workspace: join(folder, 'workspace') }
  const table = sample('wages/wages.csv')
  const imported = await runJson(['import', table, '--name', 'wages', '--target', 'wage'], at)
  expect(imported.document).toMatchObject({ task: 'regression', target: 'wage', classes: [] })
  const { document: trained } = await runJson(['train', '--dataset', 'wages', '--family', 'mlp'], at)
  const { test } = trained.metrics
  expect(test.mae).toBeLessThan(trained.baseline.median.mae)
  expect(test.accuracy).toBeNull()
  const shown = await run(['runs', 'show', trained.runId], at)
  expect(shown.stdout).toMatch(/always the training median, .*: MAE/)
  expect(shown.stdout).toMatch(/lies within ± [\d.]+ of the prediction in 90.0 % of cases/)
  const { document: predicted } = await runJson(['predict', table, '--run', trained.runId], at)
  expect(predicted).toHaveLength(534)
  expect(predicted[0].high - predicted[0].value).toBeCloseTo(trained.interval.halfWidth, 6)
  const refused = await run(['audit', '--run', trained.runId, '--sensitive', 'gender'], at)
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('what is predicted here is a number')
  const classes = await run(['import', table, '--name', 'b', '--target', 'wage', '--task', 'classification'], at)
  expect(classes.stderr).toContain('Derive a category')
}, 120_000)
