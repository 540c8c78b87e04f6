import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { tempFolder } from '../helpers/temp-db'
import { axeReport } from './helpers/accessibility'
import { launchBrowser, serve } from './helpers/browser'

const praise = ['wonderful', 'lovely', 'moving']
const blame = ['dull', 'tedious', 'awful']
const filler = ['the film', 'a story of a town', 'this long evening', 'the second half', 'an old sailor']

/** Reviews whose mood one word tells; every fifth has no label. */
function reviews(count: number): string {
  const rows = Array.from({ length: count }, (_, i) => {
    const word = (i % 2 ? praise : blame)[i % 3]!
    const text = `In ${filler[i % 5]!} there is something ${word} about ${filler[(i * 3) % 5]!}, number ${i}.`
    return `"${text}",${i % 5 === 4 ? '' : i % 2 ? 'good' : 'bad'}`
  })
  return ['review,mood', ...rows].join('\n')
}

it('reads texts in the window: imports, labels by key, trains, shows which words speak, answers what is typed', async () => {
  const folder = await tempFolder()
  const file = join(folder, 'reviews.csv')
  await writeFile(file, reviews(150))
  const served = await serve(join(folder, 'workspace'))
  onTestFinished(async () => void (await served.stop()))
  const page = await (await launchBrowser()).newPage({ viewport: { width: 1280, height: 800 } })
  page.setDefaultTimeout(40_000)
  await page.goto(served.url)
  const { found, look } = axeReport(page)
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await page.keyboard.press('Control+o')
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByText('Upload files').click()])
  await chooser.setFiles(file)
  await page.getByText('150 texts found.').waitFor()
  expect(await page.getByLabel('Column that is read').innerText()).toBe('review')
  await look('Texts, preview of the import')
  await page.getByTestId('import-start').click()
  await page.getByRole('button', { name: 'Go on to labelling' }).click()

  const list = page.getByTestId('text-list')
  await list.getByRole('option').first().waitFor()
  await page.getByText('120 of 150 texts labelled').waitFor()
  await page.keyboard.press('n')
  await page.getByRole('group', { name: 'The whole text' }).getByText('number 4.').waitFor()
  await page.keyboard.press('1')
  await page.getByText('121 of 150 texts labelled').waitFor()
  await page.keyboard.press('Control+z')
  await page.getByText('120 of 150 texts labelled').waitFor()
  await page.getByTestId('label-search').fill('number 77.')
  await page.getByText('1 shown').waitFor()
  expect(await list.getByRole('option').first().innerText()).toContain('number 77.')
  await look('Texts, labelling')

  const main = page.getByRole('navigation', { name: 'Main' })
  await main.getByRole('link', { name: 'Train' }).click()
  await page.getByTestId('parameter-count').waitFor()
  await look('Texts, training')
  await page.locator('[data-choice="quick"]').click()
  await page.getByTestId('start').click()
  await page.getByTestId('run-status').getByText('finished').waitFor({ timeout: 120_000 })

  await main.getByRole('link', { name: 'Explain' }).click()
  const card = page.getByRole('article')
  await card.getByText('Speaks against it:').waitFor()
  expect(
    await card
      .getByText(/^Speaks for/)
      .locator('..')
      .innerText(),
  ).toMatch(new RegExp([...praise, ...blame].join('|')))
  await look('Texts, explained')

  await main.getByRole('link', { name: 'Try it' }).click()
  await page.getByTestId('try-text').fill('Something wonderful and moving.')
  await page.getByRole('region', { name: 'Prediction' }).getByText('good', { exact: true }).first().waitFor()
  await look('Texts, tried')
  expect(found).toEqual([])
})
