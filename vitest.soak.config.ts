import { defineConfig, mergeConfig } from 'vitest/config'
import base from './vitest.config'

/**
 * Minutes-long tests that kill processes at random moments, and 20 000 damaged files through every importer;
 * `npm run test:soak`. Needs `npm run build`.
 */
export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [] } },
  defineConfig({
    test: {
      include: ['tests/soak/**/*.test.ts', 'tests/fuzz/**/*.test.ts'],
      env: { PELLUCID_FUZZ_FILES: process.env['PELLUCID_FUZZ_FILES'] ?? '20000' },
      maxWorkers: 1,
      fileParallelism: false,
      testTimeout: 45 * 60_000,
    },
  }),
)
