import { describe, expect, test, vi } from 'vitest'
import { engineStatus } from '@main/ml/tf'
import { testFamilies } from './family-battery'

// Before the imports: where no native engine can be had, the same families run on the pure-JavaScript one.
vi.hoisted(() => void (process.env['PELLUCID_ENGINE'] = 'cpu'))

describe('model families on the pure-JavaScript engine', () => {
  test('is the engine in use', () => expect(engineStatus().backend).toBe('cpu'))
  const sizes = {
    image: { epochs: 15, samples: 90 },
    table: { epochs: 15, samples: 120 },
    series: { epochs: 12, samples: 75 },
    audio: { epochs: 8, samples: 60 },
    text: { epochs: 10, samples: 100 },
    graph: { epochs: 15, samples: 90 },
  }
  testFamilies(sizes, 8)
})
