import { describe, expect, test } from 'vitest'
import { describeParams } from '@main/ml/params'
import { families } from '@main/ml/registry'
import { familyNamed, resolveParams, settingsSchema, type SettingsContext } from '@main/ml/settings'

const cnn = familyNamed('cnn')
const pictures: SettingsContext = { modality: 'image', sampleCount: 100, inputShape: [28, 28, 1], classCount: 10 }
const table: SettingsContext = { modality: 'table', sampleCount: 100, inputShape: [7], classCount: 2 }

describe('hyperparameters', () => {
  test('strings from the command line become what the knob is', () => {
    const params = resolveParams(cnn, { learningRate: '0.01', augment: 'true', epochs: '3' }, undefined, pictures)
    expect(params).toMatchObject({ learningRate: 0.01, augment: true, epochs: 3, batchSize: 64 })
  })

  test('an unknown key is refused with the known ones', () => {
    expect(() => resolveParams(cnn, { learnrate: 1 }, undefined, pictures)).toThrow(
      /no setting "learnrate".*learningRate/,
    )
  })

  test.each([
    [{ epochs: 'many' }, /epochs: expected a whole number from 1 to 10000, got "many"/],
    [{ learningRate: 0 }, /learningRate: expected a number above 0/],
    [{ optimizer: 'adma' }, /optimizer: expected one of adam, adamw, sgd, momentum, rmsprop, got "adma"/],
    [{ augment: 'maybe' }, /augment: expected true or false/],
    [{ batchSize: 1.5 }, /batchSize: expected a whole number/],
  ])('%j is refused in plain words', (asked, message) => {
    expect(() => resolveParams(cnn, asked, undefined, pictures)).toThrow(message)
  })

  test('what has no meaning for the data is left out, and refused when asked for', () => {
    const params = resolveParams(familyNamed('mlp'), {}, undefined, table)
    expect(Object.keys(params)).not.toContain('augment')
    expect(Object.keys(params)).toContain('excludeSensitive')
    expect(() => resolveParams(familyNamed('mlp'), { augment: true }, undefined, table)).toThrow(
      /"augment" has no meaning/,
    )
  })

  test('a preset yields to what was asked for', () => {
    const params = resolveParams(cnn, { epochs: 2 }, 'thorough', pictures)
    expect(params).toMatchObject({ epochs: 2, batchNorm: true, augment: true })
    expect(() => resolveParams(cnn, {}, 'nope', pictures)).toThrow(/no preset "nope".*thorough/)
  })

  test('the default preset suits the data', () => {
    const large = { ...pictures, sampleCount: 60_000 }
    expect(resolveParams(cnn, {}, undefined, large).epochs).toBeLessThan(
      resolveParams(cnn, {}, undefined, pictures).epochs,
    )
  })

  test.each([...families.keys()])('every knob of %s has a title, a sentence of help, a group and a default', (id) => {
    for (const [key, knob] of Object.entries(describeParams(settingsSchema(familyNamed(id))).properties)) {
      expect(knob, key).toMatchObject({ title: expect.any(String), group: expect.any(String) })
      expect(knob.description, key).toMatch(/^[A-Z0-9].*\.$/)
      expect(knob.default, key).toBeDefined()
    }
  })
})
