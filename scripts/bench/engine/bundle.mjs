import { join } from 'node:path'
import { bundle } from '../bundle.mjs'

/** Bundles the bench's workers. Returns where they lie. */
export const bundleWorkers = () =>
  bundle(
    'bench-engine',
    Object.fromEntries(['pellucid', 'plain'].map((name) => [name, join(import.meta.dirname, `${name}.mjs`)])),
    'es',
  )
