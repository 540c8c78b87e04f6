import { z } from 'zod'
import { Catalog } from './descriptor'
import * as D from './schemas/dataset'
import { ExplainSpec, Explanation, Importance, ImportanceSpec, MapChecks } from './schemas/explanation'
import {
  Audit,
  AuditSpec,
  GroupThresholds,
  Mitigation,
  MitigationSpec,
  ProxyReport,
  ProxySpec,
} from './schemas/fairness'
import * as I from './schemas/insight'
import { Packed, PackSpec, ProofReport, VerifySpec } from './schemas/proof'
import { QualityReport, QualitySpec } from './schemas/quality'
import * as R from './schemas/run'
import { Difference, DifferenceSpec, MaskSpec, ShortcutReport, ShortcutSpec } from './schemas/shortcut'
import { Sweep, SweepSpec } from './schemas/sweep'
import * as W from './schemas/workspace'

const query = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) =>
  ({ kind: 'query', input, output }) as const
const command = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) =>
  ({ kind: 'command', input, output }) as const

const Nothing = z.object({})
const Done = z.object({ ok: z.literal(true) })
const InDataset = z.object({ dataset: D.DatasetRef })
const RunRef = z.object({ run: z.string().min(1) })
const SweepRef = z.object({ sweep: z.string().min(1) })
const Files = z.object({ files: z.array(z.string()) })
const Path = z.object({ path: z.string().min(1) })

/**
 * Every call the renderer, the command line and the HTTP server can make. Names are `<service>.<verb>`.
 * A `query` never writes to the workspace's database, so it works while another program holds the workspace.
 */
export const contract = {
  'workspace.get': query(Nothing, W.WorkspaceInfo),
  'workspace.doctor': query(Nothing, W.Doctor),
  'workspace.backup': query(Path, Files),
  'workspace.restore': command(Path, Done),
  'workspace.settings': query(Nothing, W.Settings),
  'workspace.updateSettings': command(W.Settings.partial(), W.Settings),
  'workspace.logs': query(z.object({ limit: z.number().int().default(500) }), z.array(W.LogEntry)),
  'workspace.cancelTask': query(z.object({ taskId: z.string() }), Done),

  'files.list': query(
    z.object({ path: z.string().default('') }),
    z.object({ path: z.string(), parent: z.string().nullable(), entries: z.array(W.FileEntry) }),
  ),
  'files.choose': query(
    z.object({ kind: z.enum(['folder', 'table', 'series', 'clips', 'pictures', 'backup']) }),
    z.object({ paths: z.array(z.string()) }),
  ),
  'files.chooseSave': query(z.object({ suggestedName: z.string() }), z.object({ path: z.string().nullable() })),
  'files.reveal': query(Path, Done),

  'catalog.get': query(Nothing, Catalog),

  'datasets.list': query(Nothing, z.array(D.Dataset)),
  'datasets.get': query(InDataset, D.Dataset),
  'datasets.inspect': query(
    z.object({ paths: z.array(z.string()).min(1), modality: D.Modality.optional(), taskId: z.string().optional() }),
    D.Inspection,
  ),
  'datasets.import': command(D.ImportSpec, D.Dataset),
  'datasets.importSample': command(
    z.object({ id: z.string(), name: z.string().optional(), taskId: z.string().optional() }),
    D.Dataset,
  ),
  'datasets.addFiles': command(
    InDataset.extend({ paths: z.array(z.string()).min(1), taskId: z.string().optional() }),
    D.Dataset,
  ),
  'datasets.update': command(
    InDataset.extend({
      name: z.string().trim().min(1).max(120).optional(),
      target: z.string().optional(),
      /** Whether the target is a class or a number; left out: as its values suggest. */
      task: D.Task.optional(),
      positive: z.string().nullable().optional(),
      fields: z
        .array(
          z.object({
            name: z.string(),
            kind: D.FieldKind.optional(),
            isInput: z.boolean().optional(),
            isSensitive: z.boolean().optional(),
          }),
        )
        .optional(),
    }),
    D.Dataset,
  ),
  'datasets.delete': command(InDataset, z.object({ freedBytes: z.number() })),
  'datasets.samples': query(
    InDataset.extend({
      filter: D.SampleFilter.default({}),
      offset: z.number().int().nonnegative().default(0),
      limit: z.number().int().min(0).max(5000).default(200),
    }),
    z.object({ total: z.number().int(), samples: z.array(D.Sample) }),
  ),
  'datasets.sampleIds': query(
    InDataset.extend({ filter: D.SampleFilter.default({}) }),
    z.object({ ids: z.array(z.number().int()) }),
  ),
  /** A node of a graph with those around it. */
  'datasets.around': query(InDataset.extend({ sample: D.SampleRef }), D.NodeAround),
  'datasets.sample': query(InDataset.extend({ sample: D.SampleRef }), D.Sample),
  'datasets.derive': command(
    InDataset.extend({ column: z.string().trim().min(1), derivation: D.Derivation }),
    z.object({ column: z.string(), counts: z.record(z.string(), z.number().int()) }),
  ),
  'datasets.removeField': command(InDataset.extend({ field: z.string() }), D.Dataset),
  'datasets.split': command(D.SplitSpec, D.SplitCounts),
  'datasets.checkOriginals': command(
    InDataset.extend({ taskId: z.string().optional() }),
    z.object({ ok: z.number().int(), missing: z.number().int(), changed: z.number().int() }),
  ),
  'datasets.relink': command(
    InDataset.extend({ folder: z.string(), taskId: z.string().optional() }),
    z.object({ relinked: z.number().int(), stillMissing: z.number().int() }),
  ),

  'annotations.label': command(
    InDataset.extend({ selection: D.SampleSelection, class: z.string().nullable() }),
    z.object({ changed: z.number().int() }),
  ),
  'annotations.assignSplit': command(
    InDataset.extend({ selection: D.SampleSelection, split: D.Split.nullable() }),
    z.object({ changed: z.number().int() }),
  ),
  'annotations.undo': command(InDataset, z.object({ title: z.string(), changed: z.number().int() })),
  'annotations.redo': command(InDataset, z.object({ title: z.string(), changed: z.number().int() })),
  'annotations.log': query(InDataset.extend({ limit: z.number().int().default(50) }), D.EditLog),
  'annotations.addClass': command(InDataset.extend({ name: z.string().trim().min(1).max(80) }), D.Dataset),
  'annotations.renameClass': command(
    InDataset.extend({ class: z.string(), name: z.string().trim().min(1).max(80) }),
    D.Dataset,
  ),
  'annotations.mergeClasses': command(
    InDataset.extend({ from: z.array(z.string()).min(1), into: z.string() }),
    D.Dataset,
  ),
  /** Puts a class at another place (from 0), which is also its key and its column in results. */
  'annotations.moveClass': command(
    InDataset.extend({ class: z.string(), position: z.number().int().nonnegative() }),
    D.Dataset,
  ),
  'annotations.deleteClass': command(InDataset.extend({ class: z.string() }), D.Dataset),

  /** Duplicates, leaks between splits, doubtful labels, blank and blurred pictures, rare classes. */
  'quality.check': query(QualitySpec, QualityReport),

  'runs.list': query(z.object({ dataset: D.DatasetRef.optional() }), z.array(R.Run)),
  'runs.get': query(RunRef, R.Run),
  'runs.plan': query(R.RunSpec, R.Plan),
  'runs.augmentPreview': query(
    R.RunSpec.extend({ sample: D.SampleRef.optional(), count: z.number().int().min(1).max(16).default(8) }),
    z.object({ images: z.array(z.string()) }),
  ),
  'runs.start': command(R.RunSpec, R.Run),
  'runs.stop': command(RunRef, R.Run),
  'runs.resume': command(RunRef, R.Run),
  'runs.delete': command(RunRef, z.object({ freedBytes: z.number() })),
  'runs.update': command(
    RunRef.extend({
      name: z.string().trim().min(1).max(120).optional(),
      tags: z.array(z.string()).optional(),
      note: z.string().optional(),
    }),
    R.Run,
  ),
  'runs.history': query(RunRef, z.array(R.EpochEnded)),
  'runs.results': query(RunRef.extend({ split: D.Split.default('test') }), R.RunResults),
  'runs.cell': query(
    RunRef.extend({
      split: D.Split.default('test'),
      truth: z.string(),
      predicted: z.string(),
      limit: z.number().int().default(500),
    }),
    z.object({ total: z.number().int(), predictions: z.array(R.StoredPrediction) }),
  ),
  'runs.compare': query(z.object({ runs: z.array(z.string()).min(1), split: D.Split.default('test') }), R.Comparison),
  'runs.predict': query(
    RunRef.extend({
      files: z.array(z.string()).default([]),
      rows: z.array(z.record(z.string(), D.FieldValue)).default([]),
      /** Decides by the thresholds kept with the run. */
      thresholds: z.boolean().default(false),
      /** Texts as they were typed, for runs that read texts. */
      texts: z.array(z.string()).default([]),
    }),
    z.array(R.Prediction),
  ),
  /** Writes the rows of one table, or a line per picture, with the prediction and all probabilities beside. */
  'runs.predictToCsv': query(
    RunRef.extend({
      files: z.array(z.string()).min(1),
      out: z.string().min(1),
      thresholds: z.boolean().default(false),
      taskId: z.string().optional(),
    }),
    z.object({ count: z.number().int(), files: z.array(z.string()) }),
  ),
  'runs.export': query(RunRef.extend({ format: R.ExportFormat, out: z.string().min(1) }), Files),

  'sweeps.list': query(z.object({ dataset: D.DatasetRef.optional() }), z.array(Sweep)),
  'sweeps.get': query(SweepRef, Sweep),
  'sweeps.start': command(SweepSpec, Sweep),
  /** Stops its runs, too; they are kept, and `sweeps.resume` goes on with them. */
  'sweeps.stop': command(SweepRef, Sweep),
  'sweeps.resume': command(SweepRef, Sweep),
  /** Deletes the sweep and, when asked to, its runs. */
  'sweeps.delete': command(SweepRef.extend({ runs: z.boolean().default(false) }), z.object({ freedBytes: z.number() })),

  'explanations.explain': query(ExplainSpec, Explanation),
  /** The badge of a map: checks run on that very map, which is computed first where it is not kept. */
  'explanations.check': query(ExplainSpec, MapChecks),
  'explanations.importance': query(ImportanceSpec, Importance),
  'explanations.exportPng': query(
    ExplainSpec.extend({ out: z.string().min(1), opacity: z.number().min(0).max(1).default(0.6) }),
    Files,
  ),

  /** What would have to change in a row of a table for another answer, locked fields left alone. */
  'insights.counterfactual': query(I.CounterfactualSpec, I.Counterfactuals),
  /** The training samples that the network itself sees as most like a sample. */
  'insights.nearest': query(I.NearestSpec, I.Nearest),
  /** How a probability follows one column: partial dependence, single rows, accumulated local effects. */
  'insights.dependence': query(I.DependenceSpec, I.Dependence),
  'insights.dependenceToCsv': query(I.DependenceSpec.extend({ out: z.string().min(1) }), Files),

  /** What a run leans on over the whole set: regions, words or fields, each masked; kept with the run. */
  'shortcuts.find': query(ShortcutSpec, ShortcutReport),
  /** Starts the same run anew without what is masked. */
  'shortcuts.maskAndRetrain': command(MaskSpec, R.Run),
  /** The same samples explained by two runs, and where the maps differ. */
  'shortcuts.difference': query(DifferenceSpec, Difference),

  'fairness.audit': query(AuditSpec, Audit),
  'fairness.report': query(
    AuditSpec.extend({ out: z.string().min(1), format: z.enum(['html', 'json']).default('html') }),
    Files,
  ),
  /** Which columns give a sensitive feature away, and its rates in the data, the labels and the predictions. */
  'fairness.proxies': query(ProxySpec, ProxyReport),
  /** Thresholds by group, found on one split and proved on another. */
  'fairness.mitigate': query(MitigationSpec, Mitigation),
  /** Keeps thresholds with a run, or takes them away; predictions use them when asked to. */
  'fairness.keepThresholds': command(RunRef.extend({ thresholds: GroupThresholds.nullable() }), R.Run),

  /** Writes a run with its weights, settings, data hashes and figures as one file that anybody can check. */
  'proofs.pack': query(PackSpec, Packed),
  /** Checks such a file; with the data every figure is recomputed. */
  'proofs.verify': query(VerifySpec, ProofReport),
} as const

/** Everything the main side pushes without being asked. A late listener re-reads; nothing is a patch. */
export const events = {
  'tasks.progressed': W.TaskProgressed,
  'workspace.changed': W.WorkspaceInfo,
  'workspace.settingsChanged': W.Settings,
  'workspace.logged': W.LogEntry,
  'datasets.changed': D.Dataset,
  'datasets.deleted': z.object({ datasetId: z.string() }),
  /** Labels, splits or values of samples changed: re-read what you show. */
  'samples.changed': z.object({ datasetId: z.string(), revision: z.number().int() }),
  'runs.changed': R.Run,
  'runs.deleted': z.object({ runId: z.string() }),
  'runs.progressed': R.RunProgressed,
  'runs.epochEnded': R.EpochEnded,
  'sweeps.changed': Sweep,
  'sweeps.deleted': z.object({ sweepId: z.string() }),
} as const

export type Method = keyof typeof contract
export type EventName = keyof typeof events
export type EventPayload<E extends EventName> = z.output<(typeof events)[E]>
export type Emit = <E extends EventName>(event: E, payload: EventPayload<E>) => void

type Contract = typeof contract
type In<M extends Method> = z.input<Contract[M]['input']>
type Parsed<M extends Method> = z.output<Contract[M]['input']>
type Out<M extends Method> = z.output<Contract[M]['output']>

export type ServiceName = Method extends `${infer S}.${string}` ? S : never
type Verb<S extends ServiceName, M = Method> = M extends `${S}.${infer V}` ? V : never
type At<S extends ServiceName, V extends string> = Extract<Method, `${S}.${V}`>

/** What the main side implements. A missing verb is a compile error in that service's class. */
export type Services = {
  [S in ServiceName]: { [V in Verb<S>]: (input: Parsed<At<S, V>>, signal: AbortSignal) => Promise<Out<At<S, V>>> }
}
export type Service<S extends ServiceName> = Services[S]

/** What every caller holds: `client.runs.start(spec)`. */
export type Client = {
  [S in ServiceName]: { [V in Verb<S>]: (input: In<At<S, V>>) => Promise<Out<At<S, V>>> }
}
