import { AxeBuilder } from '@axe-core/playwright'
import type { Locator, Page } from 'playwright'

export const themes = ['light', 'dark'] as const

/**
 * Collects what axe calls serious or critical, each with the state it was seen in, its rule and its selector. One page
 * without frames, so axe needs no second page to run in.
 */
export function axeReport(page: Page) {
  const found: string[] = []
  const checked: string[] = []
  async function look(state: string): Promise<void> {
    checked.push(state)
    for (const theme of themes) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' })
      await page.locator(`html.${theme}`).waitFor({ state: 'attached' })
      const axe = new AxeBuilder({ page }).setLegacyMode()
      // A theme changes colours and nothing else: what is said of names and roles holds for both.
      const { violations } = await (
        theme === 'dark' ? axe.withRules(['color-contrast', 'link-in-text-block']) : axe
      ).analyze()
      for (const { id, impact, nodes } of violations) {
        if (impact !== 'serious' && impact !== 'critical') continue
        for (const { target, html, any, all, none } of nodes) {
          const why = [...any, ...all, ...none].map(({ message }) => message).join('; ')
          found.push(`${state} (${theme}): ${id} [${impact}] ${target.join(' ')}\n  ${html.slice(0, 200)}\n  ${why}`)
        }
      }
    }
  }
  return { found, checked, look }
}

export const hasFocus = (target: Locator) =>
  target.evaluate((element) => element === document.activeElement || element.contains(document.activeElement))

/** Presses Tab until the target has the keyboard, as somebody without a mouse would. */
export async function tabTo(page: Page, target: Locator, most = 120): Promise<void> {
  await target.waitFor()
  for (let step = 0; step < most; step++) {
    if (await hasFocus(target)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`${most} times Tab did not lead to ${String(target)}`)
}
