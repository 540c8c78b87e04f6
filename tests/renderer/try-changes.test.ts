import { expect, test } from 'vitest'
import { parseChanges } from '../../src-renderer/src/components/trust/try-changes'

test('changes in an address are values by field; anything else changes nothing', () => {
  expect(parseChanges('{"age":30,"job":"yes","flag":true,"gone":null}')).toEqual({
    age: 30,
    job: 'yes',
    flag: true,
    gone: null,
  })
  expect(parseChanges('{"age":{"deep":1}}')).toEqual({})
  for (const text of ['', '[1]', 'null', '{', '7']) expect(parseChanges(text)).toEqual({})
})
