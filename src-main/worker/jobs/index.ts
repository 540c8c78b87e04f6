import type { JobContext } from '../protocol'

type AnyHandler = (input: never, context: JobContext<never>) => Promise<unknown>

/** One file per job, named after it; loaded on first use, so that a decoding process never loads TensorFlow. */
const loaders = import.meta.glob<{ default: AnyHandler }>(['./*.ts', '!./index.ts'])

export async function loadJob(name: string): Promise<AnyHandler | null> {
  const load = loaders[`./${name}.ts`]
  return load ? (await load()).default : null
}
