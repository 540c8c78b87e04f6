import type { FieldValue, Split } from '@shared/schemas/dataset'
import { fileFields } from '@shared/texts'
import { openTexts } from '../../ml/decode/texts'
import type { JobHandler } from '../protocol'

const batchRows = 500
/** Characters of a batch, so that long texts do not hold up main. */
const batchCharacters = 200_000

/** Streams the texts of files as rows; what could not be read is reported with the reason. */
const readTexts: JobHandler<'read-texts'> = async ({ paths }, { signal, report }) => {
  const source = await openTexts(paths, signal)
  let rows: Record<string, FieldValue>[] = []
  let splits: (Split | null)[] = []
  let characters = 0
  let done = 0
  let sizeBytes = 0
  const send = () => {
    report({ rows, splits, skipped: [], done, total: null })
    rows = []
    splits = []
    characters = 0
  }
  for await (const { name, text, className, split } of source.read(signal)) {
    rows.push({ [fileFields.file]: name, [fileFields.text]: text, [fileFields.class]: className })
    splits.push(split)
    characters += text.length
    sizeBytes += Buffer.byteLength(text)
    done++
    if (rows.length >= batchRows || characters >= batchCharacters) send()
  }
  send()
  report({ rows: [], splits: [], skipped: source.skipped, done, total: done })
  return { root: source.root, notes: [source.layout], sizeBytes }
}

export default readTexts
