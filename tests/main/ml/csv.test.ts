import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvLine, freeName } from '@main/ml/csv'

test('what is written is read back as it was, whatever is in it', () => {
  const cell = fc.string().filter((text) => !/^[=+\-@\t\r]/.test(text))
  fc.assert(
    fc.property(fc.array(cell, { minLength: 2, maxLength: 5 }), (cells) => {
      expect(parse(csvLine(cells), { record_delimiter: '\r\n' })).toEqual([cells])
    }),
  )
})

test('a spreadsheet finds no formula in it, and numbers stay numbers', () => {
  expect(csvLine(['=1+1', '@cmd', '+A1', '-3.5', '+4', '-x'])).toBe("'=1+1,'@cmd,'+A1,-3.5,+4,'-x\r\n")
})

test('a column that is there already keeps its name', () => {
  expect(freeName('prediction', ['a'])).toBe('prediction')
  expect(freeName('prediction', ['prediction', 'prediction 2'])).toBe('prediction 3')
})
