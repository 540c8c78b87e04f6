import { z } from 'zod'

export const Modality = z.enum([
  'image', // pictures
  'table',
  'series', // time series, each with a class
  'audio', // clips of sound
  'text', // rows with fields, one or more of which are read
  'graph', // the nodes of one graph
])
export type Modality = z.infer<typeof Modality>

/** What is predicted: one of a few classes, or a number in the units of its column. */
export const Task = z.enum(['classification', 'regression'])
export type Task = z.infer<typeof Task>

export const Split = z.enum(['train', 'validation', 'test'])
export type Split = z.infer<typeof Split>

export const FieldKind = z.enum(['number', 'category', 'boolean', 'text', 'date', 'id'])
export type FieldKind = z.infer<typeof FieldKind>

/** A cell of a table; `null` is missing. Numbers stay numbers, dates are ISO strings, booleans are booleans. */
export const FieldValue = z.union([z.string(), z.number(), z.boolean(), z.null()])
export type FieldValue = z.infer<typeof FieldValue>

/** How a derived field comes from another one. */
export const Derivation = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('bins'),
    from: z.string(),
    /** Ascending cut points; value < cut goes to the bin before it, value >= cut to the one after. */
    cuts: z.array(z.number()).min(1),
    /** One more label than cuts. */
    labels: z.array(z.string().min(1)).min(2),
  }),
  z.object({ kind: z.literal('map'), from: z.string(), map: z.record(z.string(), z.string()) }),
])
export type Derivation = z.infer<typeof Derivation>

export const Field = z.object({
  name: z.string(),
  kind: FieldKind,
  /** How many samples have no value here. */
  missing: z.number().int().nonnegative(),
  /** Whether models get to see it. The target, ids, free text and derived fields are no inputs unless asked for. */
  isInput: z.boolean(),
  isSensitive: z.boolean(),
  derivation: Derivation.nullable(),
  /** Most frequent values with their counts (category, boolean), at most 50. */
  values: z.array(z.object({ value: FieldValue, count: z.number().int() })).optional(),
  range: z.object({ min: z.number(), max: z.number(), mean: z.number() }).optional(),
})
export type Field = z.infer<typeof Field>

export const ClassInfo = z.object({
  id: z.number().int(),
  name: z.string(),
  /** Sort position, from 0; the key 1-9 that assigns it is position + 1. */
  position: z.number().int(),
  count: z.number().int(),
})
export type ClassInfo = z.infer<typeof ClassInfo>

export const Skipped = z.object({ path: z.string(), reason: z.string() })
export type Skipped = z.infer<typeof Skipped>

export const SplitCounts = z.object({
  train: z.number().int(),
  validation: z.number().int(),
  test: z.number().int(),
})
export type SplitCounts = z.infer<typeof SplitCounts>

export const Dataset = z.object({
  datasetId: z.string(),
  name: z.string(),
  modality: Modality,
  sampleCount: z.number().int(),
  labelledCount: z.number().int(),
  classes: z.array(ClassInfo),
  fields: z.array(Field),
  splits: SplitCounts.extend({ none: z.number().int() }),
  target: z.string().nullable(),
  /** What the target is taken for; of a number there are no classes. */
  task: Task,
  /** The favourable outcome: a class name, named by the user once, never guessed. */
  positive: z.string().nullable(),
  sourcePath: z.string(),
  skipped: z.array(Skipped),
  /** Plain sentences about the import: encoding found, one class only, identical pictures … */
  notes: z.array(z.string()),
  /** Samples whose original was missing or changed at the last check. */
  missingOriginals: z.number().int(),
  createdAt: z.number(),
  sizeBytes: z.number(),
  runCount: z.number().int(),
})
export type Dataset = z.infer<typeof Dataset>

export const Sample = z.object({
  sampleId: z.number().int(),
  /** Row number from 1. */
  row: z.number().int(),
  /** Relative to the dataset's source; null for table rows. */
  path: z.string().nullable(),
  classId: z.number().int().nullable(),
  className: z.string().nullable(),
  split: Split.nullable(),
  /**
   * Pictures: pixels; series: steps; clips: samples of a channel, `height` being samples a second. Nodes: edges, `height`
   * being values of features that are not 0 and `channels` the features of the graph.
   */
  width: z.number().int().nullable(),
  height: z.number().int().nullable(),
  channels: z.number().int().nullable(),
  hash: z.string().nullable(),
  state: z.enum(['ok', 'missing', 'changed']),
  /** Values by field name (tables). */
  values: z.record(z.string(), FieldValue).optional(),
})
export type Sample = z.infer<typeof Sample>

export const SampleFilter = z.object({
  classIds: z.array(z.number().int()).optional(),
  unlabelled: z.boolean().optional(),
  splits: z.array(Split).optional(),
  withoutSplit: z.boolean().optional(),
  state: z.enum(['ok', 'missing', 'changed']).optional(),
  /** Substring of the path (pictures) or of any cell (tables). */
  search: z.string().optional(),
  ids: z.array(z.number().int()).optional(),
  sort: z.object({ field: z.string(), descending: z.boolean().default(false) }).optional(),
})
export type SampleFilter = z.infer<typeof SampleFilter>

/** A sample as people name it: its id, its relative path, or `#ROW` (from 1). */
export const SampleRef = z.string().min(1)
/** A dataset as people name it: its id or its unique name. */
export const DatasetRef = z.string().min(1)

export const ImportSpec = z.object({
  /** A folder of pictures, or a table's file (CSV, Parquet, Excel …); several loose picture files are allowed too. */
  paths: z.array(z.string().min(1)).min(1),
  name: z.string().trim().min(1).max(120),
  /** What the files are read as; left out: what they look like. */
  modality: Modality.optional(),
  /** Table or text: the column to predict. */
  target: z.string().optional(),
  /** Whether the target is a class or a number; left out: a column of more than 20 different numbers is a number. */
  task: Task.optional(),
  /** Text: the column that is read; left out: the one of the longest texts. */
  text: z.string().optional(),
  positive: z.string().optional(),
  sensitive: z.array(z.string()).default([]),
  /** Table: kinds that the user corrected in the preview. */
  kinds: z.record(z.string(), FieldKind).default({}),
  /** Add to the dataset of that name instead of `conflict`. */
  add: z.boolean().default(false),
  taskId: z.string().optional(),
})
export type ImportSpec = z.infer<typeof ImportSpec>

/** Series as a preview shows them: `curves` are values by channel and step, at most a few hundred steps, null is missing. */
export const SeriesFacts = z.object({
  channels: z.array(z.string()),
  shortest: z.number().int(),
  longest: z.number().int(),
  missing: z.number().int(),
  curves: z.array(
    z.object({
      name: z.string(),
      className: z.string().nullable(),
      channels: z.array(z.array(z.number().nullable())),
    }),
  ),
})
export type SeriesFacts = z.infer<typeof SeriesFacts>

/** A node with its neighbours and theirs, at most as many as a picture shows. */
export const NodeAround = z.object({
  /** The node itself comes first. */
  nodes: z.array(
    z.object({
      sampleId: z.number().int(),
      name: z.string(),
      className: z.string().nullable(),
      /** Edges to the first one. */
      hop: z.number().int(),
    }),
  ),
  /** Ends by place in `nodes`. */
  edges: z.array(z.tuple([z.number().int(), z.number().int()])),
  /** How many of the neighbours and theirs are not among `nodes`. */
  left: z.number().int(),
  /** The node's own features that are not 0, the largest first, at most 100. */
  features: z.array(z.object({ name: z.string(), value: z.number() })),
  featureCount: z.number().int(),
})
export type NodeAround = z.infer<typeof NodeAround>

/** A graph as a preview tells of it. */
export const GraphFacts = z.object({
  edges: z.number().int(),
  features: z.number().int(),
  mostNeighbours: z.number().int(),
  meanNeighbours: z.number(),
})
export type GraphFacts = z.infer<typeof GraphFacts>

/** What `inspect` finds before anything is imported. */
export const Inspection = z.object({
  modality: Modality,
  /** What files of these names can be read as; the modality above is one of them. */
  choices: z.array(Modality),
  suggestedName: z.string(),
  sampleCount: z.number().int(),
  /** Pictures: sub-folders as classes. Tables: empty until a target is chosen. */
  classes: z.array(z.object({ name: z.string(), count: z.number().int() })),
  /** Pictures: splits found as top folders (train / validation / test). */
  splits: z.array(Split),
  fields: z.array(
    z.object({
      name: z.string(),
      kind: FieldKind,
      missing: z.number().int(),
      distinct: z.number().int(),
      examples: z.array(FieldValue),
    }),
  ),
  /** First rows of a table, values by field name. */
  head: z.array(z.record(z.string(), FieldValue)),
  /** Field that looks like the target (last category of few values, or one named so); only a suggestion. */
  suggestedTarget: z.string().nullable(),
  /** Text: the field that looks like what is to be read. */
  suggestedText: z.string().optional(),
  /** Plain sentences: encoding found, delimiter, duplicate headers, ragged rows … */
  notes: z.array(z.string()),
  skipped: z.array(Skipped),
  /** Series: what their channels are called, how long they are, and the first of them. */
  series: SeriesFacts.optional(),
  graph: GraphFacts.optional(),
})
export type Inspection = z.infer<typeof Inspection>

export const SplitSpec = z.object({
  dataset: DatasetRef,
  train: z.number().min(0).max(1).default(0.7),
  validation: z.number().min(0).max(1).default(0.1),
  test: z.number().min(0).max(1).default(0.2),
  /** Samples that share this field's value (or `folder`) stay in one split. */
  group: z.string().optional(),
  stratify: z.boolean().default(true),
  seed: z.number().int().nonnegative().default(1),
})
export type SplitSpec = z.infer<typeof SplitSpec>

/** Which samples an edit touches; exactly one way of naming them. */
export const SampleSelection = z.union([
  z.object({ ids: z.array(z.number().int()).min(1) }),
  z.object({ refs: z.array(SampleRef).min(1) }),
  z.object({ filter: SampleFilter }),
])
export type SampleSelection = z.infer<typeof SampleSelection>

export const EditLog = z.object({
  /** What Ctrl+Z would take back, in words; null when there is nothing. */
  undo: z.string().nullable(),
  redo: z.string().nullable(),
  entries: z.array(
    z.object({
      editId: z.number().int(),
      title: z.string(),
      changed: z.number().int(),
      at: z.number(),
      isUndone: z.boolean(),
    }),
  ),
})
export type EditLog = z.infer<typeof EditLog>
