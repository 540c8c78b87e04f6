import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright'
import { expect, it, vi } from 'vitest'
import { tempFolder } from '../helpers/temp-db'
import { launchDesktop } from './helpers/desktop'
import { root } from './helpers/program'

/** Set to write the pictures of the README again: `PELLUCID_SCREENSHOTS=1 npm run test:e2e`. */
const keepsPictures = process.env['PELLUCID_SCREENSHOTS'] === '1'
const pictures = join(root, 'docs', 'screenshots')

async function picture(page: Page, name: string): Promise<void> {
  await page.waitForTimeout(400) // charts and maps fade in
  if (keepsPictures) mkdirSync(pictures, { recursive: true })
  const shot = await page.screenshot(keepsPictures ? { path: join(pictures, `${name}.png`) } : {})
  expect(shot.length).toBeGreaterThan(10_000)
}

const open = (page: Page, step: string) =>
  page.getByRole('navigation').getByRole('link', { name: step }).first().click()

const set = (page: Page, param: string, value: string) => page.locator(`[data-param="${param}"] input`).fill(value)

async function train(page: Page, change: () => Promise<void>): Promise<void> {
  await open(page, 'Train')
  await change()
  await enabled(page.locator('[data-tour="start"]')).then((button) => button.click())
}

async function enabled(button: Locator): Promise<Locator> {
  await vi.waitFor(async () => expect(await button.isEnabled()).toBe(true), { timeout: 30_000, interval: 200 })
  return button
}

it('walks the main job in the real window: import, label, train two, compare, explain, audit', async () => {
  const { page, client, complaints } = await launchDesktop(await tempFolder())
  await page.setViewportSize({ width: 1440, height: 900 })
  const finished = async (dataset: string, count: number) =>
    vi.waitFor(
      async () => {
        const runs = await client.runs.list({ dataset })
        expect(runs.filter(({ status }) => status === 'failed').map(({ error }) => error)).toEqual([])
        expect(runs.filter(({ status }) => status === 'finished')).toHaveLength(count)
      },
      { timeout: 180_000, interval: 500 },
    )

  // Import: the first start offers the samples.
  await page.getByRole('button', { name: 'Open the sample Handwritten digits' }).waitFor()
  const border = await page
    .getByRole('button', { name: 'Take the guided tour' })
    .evaluate((button) => getComputedStyle(button).boxShadow)
  expect(border, 'what gives buttons and fields their borders is drawn by this Chromium too').toContain('inset')
  await picture(page, 'start')
  await page.getByRole('button', { name: 'Open the sample Handwritten digits' }).click()
  await vi.waitFor(async () => expect(await client.datasets.list({})).toHaveLength(1), { timeout: 60_000 })
  const [digits] = await client.datasets.list({})
  expect(digits).toMatchObject({ sampleCount: 6000, modality: 'image', splits: { test: 1000 } })
  await open(page, 'Data')
  await page.getByRole('heading', { level: 1, name: digits!.name }).waitFor()
  await picture(page, 'data')

  // Label: a key gives the class, Ctrl+Z takes it back.
  await open(page, 'Label')
  const cell = page.locator('[data-tour="gallery"] img').first()
  await cell.waitFor()
  await cell.click()
  await page.keyboard.press('4')
  await vi.waitFor(async () => {
    const { undo } = await client.annotations.log({ dataset: digits!.datasetId })
    expect(undo).toMatch(/^Label 1 sample/)
  })
  await picture(page, 'label')
  await page.keyboard.press('Control+z')
  await vi.waitFor(async () => {
    const { redo } = await client.annotations.log({ dataset: digits!.datasetId })
    expect(redo).toMatch(/^Label 1 sample/)
  })

  // Train two.
  await train(page, async () => {
    await page.getByText('Convolutional network').first().click()
    await set(page, 'epochs', '2')
    await page.getByText('Undone').waitFor({ state: 'detached' })
    await picture(page, 'configure')
  })
  await page.getByTestId('run-progress').waitFor({ timeout: 60_000 })
  await vi.waitFor(
    async () => {
      const [run] = await client.runs.list({})
      expect((await client.runs.history({ run: run!.runId })).length).toBeGreaterThan(0)
    },
    { timeout: 120_000, interval: 300 },
  )
  await picture(page, 'train')
  await train(page, async () => {
    await page.getByText('Multilayer perceptron').first().click()
    await set(page, 'epochs', '3')
  })
  await finished(digits!.datasetId, 2)
  const runs = await client.runs.list({ dataset: digits!.datasetId })
  for (const run of runs) expect(run.metrics.test!.accuracy).toBeGreaterThan(0.85)

  // Compare.
  await open(page, 'Compare')
  await page.getByRole('table').first().waitFor()
  await picture(page, 'runs')
  for (const box of await page.getByRole('checkbox', { name: /^Select row/ }).all()) await box.click()
  await enabled(
    page.getByRole('button', { name: /^Compare 2 runs/ }).or(page.getByRole('link', { name: /^Compare 2 runs/ })),
  ).then((button) => button.click())
  await page.getByRole('heading', { name: 'What was taken for what' }).first().waitFor()
  await picture(page, 'compare')

  // Explain a picture.
  await open(page, 'Explain')
  await page
    .getByRole('img', { name: /Integrated gradients for/ })
    .first()
    .waitFor({ timeout: 60_000 })
  await page
    .getByRole('img', { name: /Grad-CAM for/ })
    .first()
    .waitFor({ timeout: 60_000 })
  await picture(page, 'explain')

  // A table about people: train, explain, audit.
  const credit = await client.datasets.importSample({ id: 'german-credit' })
  await client.datasets.derive({
    dataset: credit.datasetId,
    column: 'age_group',
    derivation: { kind: 'bins', from: 'age', cuts: [25], labels: ['young', 'old'] },
  })
  await page.evaluate((id) => (location.hash = `#/d/${id}/train`), credit.datasetId)
  await enabled(page.locator('[data-tour="start"]')).then((button) => button.click())
  await finished(credit.datasetId, 1)
  await open(page, 'Explain')
  await page.getByRole('list', { name: /Integrated gradients for/ }).waitFor({ timeout: 60_000 })
  await picture(page, 'explain-table')
  await open(page, 'Audit')
  await page
    .getByText(/four-fifths rule/)
    .first()
    .waitFor({ timeout: 60_000 })
  await picture(page, 'audit')
  await open(page, 'Try it')
  await page.getByText('The model says').waitFor()
  await page.getByRole('list', { name: 'Class probabilities' }).waitFor({ timeout: 60_000 })
  await picture(page, 'try')

  expect((await client.workspace.get({})).bytesSent).toBe(0)
  expect(complaints).toEqual([])
})
