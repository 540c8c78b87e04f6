import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { wav } from '../main/ml/toy-clips'
import { tempFolder } from '../helpers/temp-db'
import { axeReport } from './helpers/accessibility'
import { openServed, serve } from './helpers/browser'

const rate = 8000
const clip = (hertz: number, take: number) =>
  wav(
    Array.from(
      { length: 1600 + 50 * take },
      (_, i) => 0.5 * Math.sin((2 * Math.PI * hertz * (1 + take / 200) * i) / rate),
    ),
    rate,
  )

it('takes clips of sound from a folder to labels by ear, a network, its reasons and new clips, in the window', async () => {
  const folder = await tempFolder()
  for (const [word, hertz] of [
    ['low', 300],
    ['high', 1800],
  ] as const) {
    await mkdir(join(folder, 'tones', word), { recursive: true })
    for (let take = 0; take < 40; take++) await writeFile(join(folder, 'tones', word, `${take}.wav`), clip(hertz, take))
  }
  await writeFile(join(folder, 'tones', 'unknown.wav'), clip(1750, 3))
  const served = await serve(join(folder, 'workspace'))
  onTestFinished(async () => void (await served.stop()))
  const page = await openServed(served)
  const { found, look } = axeReport(page)

  await page.keyboard.press('Control+o')
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByText('Upload a folder').click()])
  await chooser.setFiles(join(folder, 'tones'))
  await page.getByText('81 clips found in 2 classes').waitFor()
  await page.getByTestId('import-start').click()
  await page.getByRole('button', { name: 'Go on to labelling' }).click()
  await page.getByText('80 of 81 clips labelled').waitFor()
  await page.getByRole('listbox', { name: 'Audio clips' }).focus()
  await page.keyboard.press('n')
  await page.getByRole('img', { name: 'Spectrogram of unknown.wav' }).waitFor()
  const played = page.waitForResponse((response) => /\/sample\/\d+$/.test(response.url()))
  await page.keyboard.press('p')
  expect((await played).headers()['content-type']).toBe('audio/wav')
  await page.getByTestId('play').locator('visible=true').waitFor()
  await page.keyboard.press('1')
  await page.getByText('81 of 81 clips labelled').waitFor()
  await look('Label clips')

  const main = page.getByRole('navigation', { name: 'Main' })
  await main.getByRole('link', { name: 'Train' }).click()
  await page.getByTestId('parameter-count').waitFor()
  await page.locator('[data-choice="quick-clips"]').click()
  await page.getByRole('button', { name: 'Start training' }).click()
  await page.getByText('finished', { exact: false }).first().waitFor({ timeout: 60_000 })
  await main.getByRole('link', { name: 'Explain' }).click()
  await page.getByRole('img', { name: /Grad-CAM for/ }).waitFor()
  await look('Explain a clip')
  await main.getByRole('link', { name: 'Try it' }).click()
  const [again] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Choose files' }).click(),
  ])
  await again.setFiles(['low', 'high'].map((word) => join(folder, 'tones', word, '7.wav')))
  await page.getByText('2 predictions').waitFor()
  expect(await page.getByRole('list', { name: 'Predictions' }).locator('.text-lg').allInnerTexts()).toEqual([
    'low',
    'high',
  ])
  await look('Try clips')
  expect(found).toEqual([])
})
