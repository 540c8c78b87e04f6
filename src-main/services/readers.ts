import type { Modality } from '@shared/schemas/dataset'
import { onlyOne, readPack, readPictures, readTable, type Incoming, type Reader } from './incoming'
import { readTexts, type Wanted } from './incoming-texts'
import type { Progress } from './tasks'

/** How each kind of data is read. */
export const readers: Record<
  Modality,
  (reader: Reader, wanted: Wanted, signal: AbortSignal, progress: Progress) => Promise<Incoming>
> = {
  image: (reader, { paths }, signal, progress) => readPictures(reader, 'image', paths, signal, progress),
  table: (reader, { paths, kinds }, signal, progress) => readTable(reader, onlyOne(paths), kinds, signal, progress),
  audio: (reader, { paths }, signal, progress) => readPictures(reader, 'audio', paths, signal, progress),
  series: (reader, { paths }, signal, progress) => readPack(reader, 'series', paths, signal, progress),
  graph: (reader, { paths }, signal, progress) => readPack(reader, 'graph', paths, signal, progress),
  text: readTexts,
}
