import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { csvLine, freeName } from '../../ml/csv'
import { isRows } from '@shared/modalities'
import { isOfFiles } from '@shared/texts'
import { decide } from '../../ml/decide'
import { withMemoryAdvice } from '../../ml/model'
import { openTrained, predictEach, samplesIn, tableOf } from '../../ml/predict'
import type { JobHandler } from '../protocol'

/** Predicts every sample of the files into one CSV: rows keep their own columns. Written beside and renamed. */
const predictToCsv: JobHandler<'predict-to-csv'> = async (
  { runDir, files, out, thresholds, halfWidth },
  { signal, log, report },
) => {
  const { trained, predictor } = await openTrained(runDir, log)
  const { classes, modality } = trained.meta
  const isTable = isRows(modality) && !(modality === 'text' && isOfFiles(files))
  let count = 0
  async function* lines(): AsyncGenerator<string> {
    const own = isTable ? (await tableOf(files[0]!, trained, signal)).columns.map(({ name }) => name) : ['file']
    const ofNumber = halfWidth === undefined ? [] : ['lowest', 'highest']
    const beside = trained.target ? ofNumber : classes.map((name) => `probability ${name}`)
    const added = ['prediction', ...beside].map((name) => freeName(name, own))
    yield csvLine([...own, ...added])
    for (const path of files) {
      for await (const predicted of predictEach(trained, predictor, samplesIn(path, trained, signal), signal)) {
        const { sample, probabilities, value } = predicted
        const answer =
          value === undefined
            ? [decide(predicted, count, classes, thresholds), ...probabilities]
            : [value, ...(halfWidth === undefined ? [] : [value - halfWidth, value + halfWidth])]
        yield csvLine([...(sample.cells ?? [sample.name]), ...answer.map(String)])
        if (++count % 500 === 0) report({ done: count, total: null })
      }
    }
  }
  await mkdir(dirname(out), { recursive: true })
  const partial = `${out}.partial`
  try {
    await withMemoryAdvice(() => pipeline(Readable.from(lines()), createWriteStream(partial), { signal }))
    await rename(partial, out)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  return { count, files: [out] }
}

export default predictToCsv
