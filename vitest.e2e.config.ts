import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

const root = import.meta.dirname

/** End to end: the built app in the real Electron, and `serve` in Chromium. Needs `npm run build` and a display. */
export default defineConfig({
  resolve: { alias: { '@shared': resolve(root, 'src-shared'), '@main': resolve(root, 'src-main') } },
  test: {
    include: ['tests/e2e/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
})
