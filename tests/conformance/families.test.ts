import { describe } from 'vitest'
import { engineStatus } from '@main/ml/tf'
import { testFamilies } from './family-battery'

describe(`model families on the ${engineStatus().backend} engine`, () =>
  testFamilies({
    image: { epochs: 15, samples: 90 },
    table: { epochs: 15, samples: 120 },
    series: { epochs: 12, samples: 90 },
    audio: { epochs: 10, samples: 60 },
    text: { epochs: 15, samples: 120 },
    graph: { epochs: 15, samples: 90 },
  }))
