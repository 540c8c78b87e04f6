import datasets from './migrations/0010-datasets'
import runs from './migrations/0020-runs'
import settings from './migrations/0030-settings'
import dataFacts from './migrations/0040-data-facts'
import sweeps from './migrations/0060-sweeps'
import packed from './migrations/0080-packed'
import numbers from './migrations/0090-numbers'

/** Every migration, in order. */
export const migrations = [datasets, runs, settings, dataFacts, sweeps, packed, numbers]
