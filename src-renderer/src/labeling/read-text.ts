import type { Dataset, Sample } from '@shared/schemas/dataset'

/** The text of a sample as models read it: its input fields, one after the other. */
export const readText = ({ fields }: Pick<Dataset, 'fields'>, { values }: Pick<Sample, 'values'>): string =>
  fields
    .filter(({ isInput }) => isInput)
    .map(({ name }) => values?.[name])
    .filter((value) => value !== null && value !== undefined)
    .map(String)
    .join('\n')
