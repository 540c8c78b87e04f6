import { expect, test } from 'vitest'
import { melPower } from '@main/ml/audio/mel'
import golden from './data/mel.json'

test('mel power is that of NumPy', () => {
  const { sampleRate, size, hop, bands, clip, power } = golden
  const got = melPower(Float32Array.from(clip), { sampleRate, size, hop, bands })
  expect(got.length).toBe(power.data.length)
  const largest = Math.max(...power.data)
  const difference = Math.max(...got.map((value, i) => Math.abs(value - power.data[i]!)))
  expect(difference / largest).toBeLessThan(1e-6)
})
