import { defineConfig, mergeConfig } from 'vitest/config'
import base from './vitest.config'

/** Minutes-long tests that kill processes at random moments; `npm run test:soak`. Needs `npm run build`. */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [] } },
  defineConfig({
    test: { include: ['tests/soak/**/*.test.ts'], maxWorkers: 1, fileParallelism: false, testTimeout: 45 * 60_000 },
  }),
)
