import { describe, expect, test, vi } from 'vitest'
import { engineStatus } from '@main/ml/tf'
import { testRecurrent } from './recurrent-battery'

// Before the imports: the same layers, written in plain ops, where no native engine can be had.
vi.hoisted(() => void (process.env['PELLUCID_ENGINE'] = 'cpu'))

describe('recurrent layers on the pure-JavaScript engine', () => {
  test('is the engine in use', () => expect(engineStatus().backend).toBe('cpu'))
  testRecurrent({ training: false })
})
