import type { Modality } from './schemas/dataset'

/** What people call the samples of a kind of data, and where their content is kept. */
export interface ModalityFacts {
  /** One sample, in the middle of a sentence. */
  one: string
  many: string
  /** The kind itself, as a heading. */
  title: string
  icon: string
  /**
   * `rows`: values in the workspace's database, with fields. `files`: referenced where the user has them. `packed`: copied
   * into a file of the workspace, many in one.
   */
  storage: 'rows' | 'files' | 'packed'
}

export const modalityFacts: Readonly<Record<Modality, ModalityFacts>> = {
  image: { one: 'picture', many: 'pictures', title: 'Pictures', icon: 'i-lucide-images', storage: 'files' },
  table: { one: 'row', many: 'rows', title: 'Table', icon: 'i-lucide-table-2', storage: 'rows' },
  series: { one: 'series', many: 'series', title: 'Time series', icon: 'i-lucide-activity', storage: 'packed' },
  audio: { one: 'clip', many: 'clips', title: 'Audio clips', icon: 'i-lucide-audio-lines', storage: 'files' },
  graph: { one: 'node', many: 'nodes', title: 'Graph', icon: 'i-lucide-waypoints', storage: 'packed' },
  text: { one: 'text', many: 'texts', title: 'Texts', icon: 'i-lucide-text', storage: 'rows' },
}

/** Whether samples are files of the user's own, that may move or change. */
export const isFiles = (modality: Modality): boolean => modalityFacts[modality].storage === 'files'

/** Whether a sample can be drawn small, for galleries; else its fields are shown. */
export const hasThumbnails = (modality: Modality): boolean => modalityFacts[modality].storage !== 'rows'

/** Whether samples are rows with fields, kept in the database. */
export const isRows = (modality: Modality): boolean => modalityFacts[modality].storage === 'rows'
