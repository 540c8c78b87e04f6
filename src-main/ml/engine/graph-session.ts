import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Tensor } from '../tf'
import { dataTypes, type DataType, type GraphBuilder } from './graph-builder'
import type { GraphVariable } from './graph-variables'
import { nativeBackend, type Binding, type OutputMetadata, type TypedValues } from './recorder'

/** Numbers fed under a placeholder's name. */
export interface Feed {
  name: string
  dtype: DataType
  shape: readonly number[]
  values: TypedValues
}

/** A graph loaded into TensorFlow, with its variables. The caller disposes it. */
export class GraphSession {
  readonly #backend = nativeBackend()
  readonly #id: number

  constructor(graph: GraphBuilder) {
    const folder = mkdtempSync(join(tmpdir(), 'pellucid-graph-'))
    try {
      writeFileSync(join(folder, 'saved_model.pb'), graph.toSavedModel({}, {}))
      this.#id = this.#binding.loadSavedModel(folder, 'serve')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  /** Computes `fetches` (nodes' names) and reads them back. */
  run(feeds: Feed[], fetches: string[]): TypedValues[] {
    if (fetches.length === 0) return []
    return this.#call(feeds, fetches).map(({ id }) => {
      const values = this.#binding.tensorDataSync(id)
      this.#binding.deleteTensor(id)
      return values
    })
  }

  /** As `run` on tensors, which stay in the engine. The caller disposes what comes out. */
  runTensors(feeds: { name: string; tensor: Tensor }[], fetches: string[]): Tensor[] {
    const ids = this.#backend.getInputTensorIds(feeds.map(({ tensor }) => tensor))
    const names = feeds.map(({ name }) => `${name}:0`)
    const outputs = this.#binding.runSavedModel(this.#id, ids, names.join(), fetches.map(firstOutput).join())
    return outputs.map((metadata) => this.#backend.createOutputTensor(metadata))
  }

  /** Sets variables in one call. Values are copied, but for what was declared shared: that must not change afterwards. */
  assign(pairs: [GraphVariable, TypedValues][]): void {
    const feeds = pairs.map(([{ name, dtype, shape }, values]) => ({ name: `${name}/value`, dtype, shape, values }))
    this.run(
      feeds,
      pairs.map(([{ name }]) => `${name}/assigned`),
    )
  }

  read(variables: GraphVariable[]): TypedValues[] {
    return this.run(
      [],
      variables.map(({ name }) => `${name}/read`),
    )
  }

  dispose(): void {
    this.#binding.deleteSavedModel(this.#id)
  }

  get #binding(): Binding {
    return this.#backend.binding
  }

  #call(feeds: Feed[], fetches: string[]): OutputMetadata[] {
    const binding = this.#binding
    const ids = feeds.map(({ dtype, shape, values }) => binding.createTensor([...shape], dataTypes[dtype], values))
    try {
      const names = feeds.map(({ name }) => `${name}:0`).join()
      return binding.runSavedModel(this.#id, ids, names, fetches.map(firstOutput).join())
    } finally {
      ids.forEach((id) => binding.deleteTensor(id))
    }
  }
}

const firstOutput = (name: string) => `${name}:0`
