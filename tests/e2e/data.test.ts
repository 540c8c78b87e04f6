import { execFileSync } from 'node:child_process'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { Dataset } from '@shared/schemas/dataset'
import { tempFolder } from '../helpers/temp-db'
import { axeReport } from './helpers/accessibility'
import { launchBrowser, serve } from './helpers/browser'
import { root, sample } from './helpers/program'

const file = (name: string) => join(root, 'tests/main/data/files', name)

it('takes Parquet, Excel and a ZIP of pictures in the window, and shows what is wrong with the data', async () => {
  const folder = await tempFolder()
  execFileSync('tar', ['-xmf', sample('digits/digits.tar'), '-C', folder])
  await copyFile(join(folder, 'digits/test/1/0001.png'), join(folder, 'digits/test/0/planted.png'))
  execFileSync('python3', ['-m', 'zipfile', '-c', join(folder, 'figures.zip'), 'test'], { cwd: join(folder, 'digits') })

  const served = await serve(join(folder, 'workspace'))
  onTestFinished(async () => void (await served.stop()))
  const page = await (await launchBrowser()).newPage({ viewport: { width: 1280, height: 800 } })
  page.setDefaultTimeout(40_000)
  await page.goto(served.url)
  const { found, look } = axeReport(page)
  const importFile = async (path: string, count: string | RegExp) => {
    await page.keyboard.press('Control+o')
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByText('Upload files').click()])
    await chooser.setFiles(path)
    await page.getByTestId('import-start').click()
    await page.getByRole('button', { name: 'See the data' }).click()
    await page.getByText(count).first().waitFor()
  }
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await importFile(file('iris-zstd.parquet'), '150 rows')
  await importFile(file('staff.xlsx'), '3 rows')
  await importFile(join(folder, 'figures.zip'), /1.?001 pictures/)

  await page.getByRole('button', { name: 'Check quality …' }).click()
  const copies = page.getByTestId('quality-exact-duplicate')
  await copies.getByText('labelled differently').waitFor()
  await look('Quality of the data')
  expect(found).toEqual([])
  await copies.getByRole('link', { name: 'Show 2 samples' }).click()
  await page.getByText('2 shown').waitFor()

  const listed = await served.fetch('/api/datasets.list', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  const { value } = (await listed.json()) as { value: Dataset[] }
  expect(value.map(({ name, sampleCount }) => [name, sampleCount])).toEqual([
    ['figures', expect.any(Number)],
    ['staff', 3],
    ['iris-zstd', 150],
  ])
})
