import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright'
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest'
import type { Client } from '@shared/contract'
import { createClient } from '@shared/transport'
import { tempFolder } from '../helpers/temp-db'
import { axeReport, hasFocus, tabTo } from './helpers/accessibility'
import { launchBrowser, serve, type Served } from './helpers/browser'
import { root, sample } from './helpers/program'

/** The contract over the HTTP of that server. */
function clientOf(served: Served): Client {
  const call = async (method: string, input: unknown) => {
    const headers = { 'content-type': 'application/json' }
    const response = await served.fetch(`/api/${method}`, { method: 'POST', headers, body: JSON.stringify(input) })
    return (await response.json()) as never
  }
  return createClient({ call })
}

/** A page whose router has made its first navigation: a hash set before that is overwritten by it. */
async function openPage(served: Served): Promise<{ page: Page; context: BrowserContext }> {
  const browser = await launchBrowser()
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' })
  const page = await context.newPage()
  page.setDefaultTimeout(40_000)
  await page.goto(served.url)
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  return { page, context }
}

const goTo = async (page: Page, path: string) => {
  await page.evaluate((hash) => (location.hash = hash), `#${path}`)
  await page.getByRole('heading', { level: 1 }).first().waitFor()
}
const finished = (client: Client, count: number) =>
  vi.waitFor(
    async () => {
      const runs = await client.runs.list({})
      expect(runs.filter(({ status }) => status === 'failed').map(({ error }) => error)).toEqual([])
      expect(runs.filter(({ status }) => status === 'finished')).toHaveLength(count)
    },
    { timeout: 90_000, interval: 300 },
  )

const home = mkdtempSync(join(tmpdir(), 'pellucid-axe-'))
let served: Served
let client: Client
let digits: string
let credit: string

beforeAll(async () => {
  served = await serve(join(home, 'workspace'))
  client = clientOf(served)
  digits = (await client.datasets.importSample({ id: 'digits' })).datasetId
  credit = (await client.datasets.importSample({ id: 'german-credit' })).datasetId
  const derivation = { kind: 'bins' as const, from: 'age', cuts: [25], labels: ['young', 'old'] }
  await client.datasets.derive({ dataset: credit, column: 'age_group', derivation })
  await client.runs.start({ dataset: digits, family: 'cnn', preset: 'quick', params: { epochs: 1 } })
  await client.runs.start({ dataset: digits, family: 'mlp', params: { epochs: 2 } })
  for (const epochs of [3, 5]) await client.runs.start({ dataset: credit, family: 'mlp', params: { epochs } })
  await finished(client, 4)
})
afterAll(async () => {
  await served.stop()
  rmSync(home, { recursive: true, force: true })
})

it('nothing serious or critical on the first start, the tour and the import', async () => {
  const empty = await serve(await tempFolder())
  onTestFinished(async () => void (await empty.stop()))
  const { page } = await openPage(empty)
  const { found, look } = axeReport(page)
  await page.getByRole('button', { name: 'Open the sample Handwritten digits' }).waitFor()
  await look('Home, first start')

  await page.getByRole('button', { name: 'Take the guided tour' }).click()
  await page.getByRole('region', { name: 'Guided tour' }).waitFor()
  await look('Tour')
  await page.getByRole('button', { name: 'Leave' }).click()

  await page.keyboard.press('Control+o')
  await page.getByRole('dialog').waitFor()
  await look('Import, nothing chosen')
  await page.getByRole('button', { name: 'From the machine that runs Pellucid' }).click()
  await page.getByRole('textbox', { name: 'Folder' }).fill(join(root, 'resources'))
  await page.keyboard.press('Tab')
  await page.getByRole('button', { name: 'samples' }).waitFor()
  await look('Import, folders')
  await page.getByRole('textbox', { name: 'Folder' }).fill(join(root, 'no-such-folder'))
  await page.keyboard.press('Tab')
  await page.getByRole('dialog').getByRole('alert').waitFor()
  await look('Import, folder that is not there')
  await page.getByRole('button', { name: 'Back' }).click()
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByText('Upload files').click()])
  await chooser.setFiles(sample('german-credit/german-credit.csv'))
  await page.getByTestId('import-start').waitFor()
  await look('Import, columns of a table')
  await page.getByRole('tab', { name: 'Rows' }).click()
  await look('Import, rows of a table')
  await page.keyboard.press('Escape')
  expect(found).toEqual([])
})

it('nothing serious or critical on the screens of pictures', async () => {
  const { page } = await openPage(served)
  const { found, look } = axeReport(page)
  await page.getByRole('heading', { name: 'Handwritten digits' }).waitFor()
  await look('Home with datasets')

  await goTo(page, `/d/${digits}/data`)
  await page.getByRole('heading', { name: 'Class balance' }).waitFor()
  await look('Data of pictures')
  await page.getByRole('button', { name: 'More actions' }).click()
  await page.getByRole('menuitem', { name: 'Delete …' }).waitFor()
  await look('Data, menu open')
  await page.getByRole('menuitem', { name: 'Delete …' }).click()
  await page.getByRole('button', { name: 'Delete dataset' }).waitFor()
  await look('Data, confirm to delete')
  await page.getByRole('button', { name: 'Cancel' }).click()

  await goTo(page, `/d/${digits}/label`)
  await page.locator('[data-testid="gallery"] img').nth(3).click()
  await page.getByText('All changes saved').waitFor()
  await look('Label, one picture chosen')
  await page.getByRole('button', { name: 'Manage' }).click()
  await page.getByRole('dialog').waitFor()
  await look('Label, classes')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keys' }).waitFor()
  await look('Shortcut sheet')
  await page.keyboard.press('Escape')

  await goTo(page, `/d/${digits}/train`)
  await page.getByTestId('parameter-count').waitFor()
  await look('Train, cnn')
  await page.locator('[data-param="blocks"] input').fill('9')
  await page.locator('[data-param="blocks"] [aria-invalid="true"], [role="alert"]').first().waitFor()
  await look('Train, cnn with what cannot be built')

  await goTo(page, `/d/${digits}/runs`)
  await page
    .getByRole('checkbox', { name: /^Select row/ })
    .first()
    .click()
  await look('Runs, one selected')
  await page
    .getByRole('button', { name: /^More about/ })
    .first()
    .click()
  await page.getByRole('menuitem', { name: 'Rename' }).waitFor()
  await look('Runs, menu of a run')
  await page.keyboard.press('Escape')

  const runs = await client.runs.list({ dataset: digits })
  await goTo(page, `/d/${digits}/runs/${runs[0]!.runId}`)
  await page.getByRole('heading', { name: 'What was taken for what' }).waitFor()
  await look('Run, finished')
  await goTo(page, `/d/${digits}/runs/no-such-run`)
  await page.getByText('This run is not here').waitFor()
  await look('Run that is not there')
  await goTo(page, `/d/${digits}/compare?runs=${runs.map(({ runId }) => runId).join()}`)
  await page.getByRole('heading', { name: 'Precision and recall by class' }).waitFor()
  await look('Compare, pictures')
  await page.getByRole('grid').first().getByRole('button').first().click()
  await page.getByRole('dialog').waitFor()
  await look('Compare, samples of a cell')
  await page.keyboard.press('Escape')

  await goTo(page, `/d/${digits}/explain`)
  await page
    .getByRole('img', { name: /Integrated gradients for/ })
    .first()
    .waitFor()
  await look('Explain, pictures')
  await page
    .getByRole('button', { name: /the checks of Integrated gradients/ })
    .first()
    .click()
  await page.getByRole('heading', { name: 'Can this map be believed?' }).waitFor()
  await look('Explain, the checks of a map')
  await page.keyboard.press('Escape')

  await goTo(page, `/d/${digits}/try`)
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Choose files' }).click(),
  ])
  await chooser.setFiles({ name: 'seen.png', mimeType: 'image/png', buffer: await page.screenshot() })
  await page.getByRole('list', { name: 'Class probabilities' }).waitFor()
  await look('Try it, a picture')

  const { runId } = await client.runs.start({ dataset: digits, family: 'cnn', params: { epochs: 50 } })
  await goTo(page, `/d/${digits}/runs/${runId}`)
  await page.getByTestId('run-progress').waitFor()
  await look('Run, running')
  await client.runs.stop({ run: runId })
  expect(found).toEqual([])
})

it('nothing serious or critical on the screens of tables, in settings and logs', async () => {
  const { page } = await openPage(served)
  const { found, look } = axeReport(page)
  await goTo(page, `/d/${credit}/data`)
  await page.getByRole('heading', { name: 'Fields' }).waitFor()
  await look('Data of a table')
  await page.getByTestId('split').click()
  await page.getByTestId('split-confirm').waitFor()
  await look('Data, split')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Derive a column …' }).click()
  await page.getByRole('dialog').waitFor()
  await look('Data, derive a column')
  await page.keyboard.press('Escape')

  await goTo(page, `/d/${credit}/label`)
  await page.getByRole('row').nth(3).click()
  await look('Label, rows')
  await goTo(page, `/d/${credit}/train`)
  await page.getByTestId('parameter-count').waitFor()
  await look('Train, mlp')

  const runs = (await client.runs.list({ dataset: credit })).map(({ runId }) => runId)
  await goTo(page, `/d/${credit}/compare?runs=${runs.join()}`)
  await page.getByRole('heading', { name: 'Precision and recall by class' }).waitFor()
  await look('Compare, two classes')
  await goTo(page, `/d/${credit}/explain`)
  await page.getByRole('list', { name: /Integrated gradients for/ }).waitFor()
  await page.getByRole('list', { name: 'Changes, the smallest first' }).waitFor()
  await look('Explain, a row')
  await page.getByRole('tab', { name: 'Whole set' }).click()
  await page
    .getByRole('list', { name: /importance/i })
    .first()
    .waitFor()
  await page.getByText('curves of resampled rows').first().waitFor()
  await look('Explain, importance')
  await page.getByRole('tab', { name: 'Shortcuts' }).click()
  await page.getByRole('button', { name: 'Look again' }).waitFor()
  await look('Explain, shortcuts')
  await page.getByRole('tab', { name: 'Two runs' }).click()
  await page.getByRole('table').or(page.getByText('One run is not enough')).first().waitFor()
  await look('Explain, two runs')
  await goTo(page, `/d/${credit}/audit`)
  await page
    .getByText(/four-fifths rule/)
    .first()
    .waitFor()
  await look('Audit with its report')
  await goTo(page, `/d/${credit}/try`)
  await page.getByRole('list', { name: 'Class probabilities' }).waitFor()
  await look('Try it, a row')

  await goTo(page, '/settings')
  await look('Settings')
  await goTo(page, '/settings/workspace')
  await look('Settings, workspace')
  await goTo(page, '/settings/engine')
  await page.getByText('Computing with').waitFor()
  await look('Settings, engine and machine')
  await goTo(page, '/settings/log')
  await page.getByRole('list', { name: 'Log, newest first' }).waitFor()
  await look('Settings, log')
  expect(found).toEqual([])
})

it('the main job by keyboard alone', async () => {
  const own = await serve(await tempFolder())
  onTestFinished(async () => void (await own.stop()))
  const { page } = await openPage(own)
  const keys = page.keyboard
  const mine = clientOf(own)
  const press = async (target: Parameters<typeof tabTo>[1], key = 'Enter') => {
    await tabTo(page, target)
    await keys.press(key)
  }
  const step = (name: string) => press(page.getByRole('navigation').getByRole('link', { name }))

  // Import, look, split.
  await press(page.getByRole('button', { name: 'Open the sample Handwritten digits' }))
  await page.getByRole('heading', { level: 1, name: 'Handwritten digits' }).waitFor()
  const dataset = (await mine.datasets.list({}))[0]!.datasetId
  await press(page.getByTestId('split'))
  await press(page.getByTestId('split-confirm'))
  await page.getByTestId('split-confirm').waitFor({ state: 'detached' })
  expect((await mine.datasets.get({ dataset })).splits).toMatchObject({ train: 4200, validation: 600, test: 1200 })

  // Label two with one key, and take it back.
  await step('Label')
  await tabTo(page, page.getByTestId('gallery'))
  for (const key of ['ArrowRight', 'ArrowRight', 'Shift+ArrowRight', '7']) await keys.press(key)
  const log = () => mine.annotations.log({ dataset })
  await vi.waitFor(async () => expect((await log()).undo).toMatch(/^Label 2 samples/))
  await keys.press('Control+z')
  await vi.waitFor(async () => expect((await log()).redo).toMatch(/^Label 2 samples/))

  // Two runs: arrows choose the family, Ctrl+Enter starts from inside a field.
  const start = async (family: string, epochs: string) => {
    await step('Train')
    await tabTo(page, page.getByRole('radiogroup', { name: 'Model family' }))
    const chosen = page.locator(`[data-choice="${family}"][aria-checked="true"]`)
    for (let tries = 0; !(await chosen.count()) && tries < 5; tries++) await keys.press('ArrowDown')
    await tabTo(page, page.locator('[data-param="epochs"] input'))
    await keys.press('Control+a')
    await keys.type(epochs)
    await vi.waitFor(async () => expect(await page.getByTestId('start').isEnabled()).toBe(true), { timeout: 30_000 })
    await keys.press('Control+Enter')
    await page.locator('main').getByText('Multilayer perceptron').first().waitFor()
  }
  await start('mlp', '1')
  await start('mlp', '2')
  await finished(mine, 2)

  // Compare: arrows and Space in the table, C compares.
  await step('Compare')
  await tabTo(page, page.locator('tbody tr').first())
  for (const key of ['Space', 'ArrowDown', 'Space', 'c']) await keys.press(key)
  await page.getByRole('heading', { level: 1, name: 'Compare 2 runs' }).waitFor()

  // Explain another sample.
  await step('Explain')
  await tabTo(page, page.getByRole('radiogroup', { name: 'Sample to explain' }))
  await keys.press('ArrowRight')
  await page
    .getByRole('img', { name: /Integrated gradients for/ })
    .first()
    .waitFor()

  // Audit people: another sample, by the menu of datasets.
  await press(page.locator('[data-tour="switcher"]'))
  const all = page.getByRole('menuitem', { name: 'All datasets' })
  await all.waitFor()
  for (let tries = 0; !(await hasFocus(all)) && tries < 5; tries++) await keys.press('ArrowDown')
  await keys.press('Enter')
  await press(page.getByRole('button', { name: 'Open the sample German credit' }))
  await page.getByRole('heading', { level: 1, name: 'German credit' }).waitFor()
  await start('mlp', '3')
  await finished(mine, 3)
  await step('Audit')
  await press(page.getByRole('checkbox', { name: 'housing' }), 'Space')
  await page
    .getByText(/four-fifths rule/)
    .first()
    .waitFor()
})
