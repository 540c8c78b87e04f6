import datasets from './migrations/0010-datasets'
import runs from './migrations/0020-runs'
import settings from './migrations/0030-settings'

/** Every migration, in order. */
export const migrations = [datasets, runs, settings]
