import { after, textAttribute, typeAttribute, type DataType, type GraphBuilder } from './graph-builder'

/** A value that lives in a graph's session from one call to the next. */
export interface GraphVariable {
  name: string
  dtype: 'float32' | 'int32' | 'uint8'
  shape: readonly number[]
}

let graphs = 0

/** Sets two graphs of one process apart, should they ever share a resource manager. */
export const uniquePrefix = (): string => `pellucid-${process.pid}-${++graphs}`

/**
 * Declares variables in a graph, with a way in and out for each: feed `<name>/value` and fetch `<name>/assigned` to set
 * it, fetch `<name>/read` to read it.
 */
export class GraphVariables {
  readonly #prefix = uniquePrefix()
  readonly all: GraphVariable[] = []

  constructor(private readonly graph: GraphBuilder) {}

  /** `isShared` keeps the memory that was fed instead of copying it: for what is set once and never changed. */
  declare(variable: GraphVariable, isShared = false): GraphVariable {
    const { name, dtype, shape } = variable
    const type = typeAttribute(dtype as DataType)
    this.graph.add(
      'VarHandleOp',
      [],
      {
        dtype: type,
        shape: { kind: 'shape', value: [...shape] },
        shared_name: textAttribute(`${this.#prefix}/${name}`),
      },
      name,
    )
    const fed = this.graph.placeholder(`${name}/value`, dtype, [...shape])
    // Memory that JavaScript lent may only be given back on JavaScript's thread: what can be replaced owns its memory.
    const value = isShared ? fed : this.graph.add('DeepCopy', [fed], { T: type }, `${name}/copy`)
    const assigned = this.graph.add('AssignVariableOp', [name, value], { dtype: type }, `${name}/assign`)
    this.graph.add(
      'Identity',
      [this.graph.scalar(0), after(assigned)],
      { T: typeAttribute('float32') },
      `${name}/assigned`,
    )
    this.graph.add('ReadVariableOp', [name], { dtype: type }, `${name}/read`)
    this.all.push(variable)
    return variable
  }
}
