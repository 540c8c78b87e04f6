import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Params, Plan } from '@shared/schemas/run'
import type { ServiceContext } from './context'

/** How the training process uses the processor. */
export interface Threads {
  /** Threads that share the work of one op. */
  within: number
  /** Ops that run at the same time. */
  across: number
}

/** Runs shorter than this would wait longer for the measurement than they gain by it. */
const worthwhileSeconds = 40
/** Another choice must be this much faster than the usual one, or noise would decide. */
const clearlyFaster = 1.08
const measuredSeconds = 0.6

/** As environment of a training process. */
export const threadEnv = ({ within, across }: Threads) => ({
  TF_NUM_INTRAOP_THREADS: String(within),
  TF_NUM_INTEROP_THREADS: String(across),
  OMP_NUM_THREADS: String(within),
})

/** What a run's threads are chosen by; fixed when it is planned. */
export interface ThreadFacts {
  hasConvolution: boolean
  /** How long the run will probably take. */
  seconds: number
  inputShape: number[]
  /** Names the network, its batch and its optimizer. */
  network: string
}

/** @param isTimed whether the network's steps can be timed on made-up samples; those over a graph cannot. */
export function threadFacts(
  family: string,
  { layers, params, inputShape, estimate }: Plan,
  isTimed = true,
): ThreadFacts {
  const network = JSON.stringify([family, layers, params['batchSize'], params['optimizer'], inputShape])
  return {
    hasConvolution: layers.some(({ kind }) => kind.includes('Conv')),
    seconds: isTimed ? (estimate?.seconds ?? 0) : 0,
    inputShape,
    network: createHash('sha256').update(network).digest('hex').slice(0, 32),
  }
}

/** What suits most networks: all cores within a convolution, one thread for the small products of all others. */
export function usualThreads({ hasConvolution }: { hasConvolution: boolean }, cores: number): Threads {
  return { within: hasConvolution ? cores : 1, across: 1 }
}

/**
 * Threads for a run: as the settings say, else by timing this very network's steps with each choice, each in a process of
 * its own; the result is kept by network, batch and machine, so that the same run gets the same threads, and with them the
 * same weights, again. Short runs take what suits most networks.
 */
export async function chooseThreads(
  { jobs, paths, settings, log }: Pick<ServiceContext, 'jobs' | 'paths' | 'settings' | 'log'>,
  run: { family: string; params: Params; classCount: number; facts: ThreadFacts },
  signal: AbortSignal,
): Promise<Threads> {
  const { threads } = await settings()
  if (threads > 0) return { within: threads, across: 1 }
  const cores = availableParallelism()
  const { facts, ...net } = run
  const usual = usualThreads(facts, cores)
  if (cores === 1 || facts.seconds < worthwhileSeconds) return usual
  const file = join(paths.cache, 'threads.json')
  const known = await readChoices(file)
  const key = `${facts.network} on ${cores}`
  if (known[key]) return known[key]
  const choices: Threads[] = [
    { within: 1, across: 1 },
    { within: 1, across: cores },
    { within: cores, across: 1 },
  ]
  const input = { ...net, inputShape: facts.inputShape, seconds: measuredSeconds }
  const times: number[] = []
  for (const choice of choices)
    times.push((await jobs.run('train', 'time-steps', input, { signal, env: threadEnv(choice) })).msPerStep)
  const at = times.indexOf(Math.min(...times))
  const usualAt = choices.findIndex(({ within, across }) => within === usual.within && across === usual.across)
  const chosen = times[usualAt]! > times[at]! * clearlyFaster ? choices[at]! : usual
  const told = choices.map(({ within, across }, i) => `${within} x ${across}: ${times[i]!.toFixed(2)} ms`)
  log('info', 'threads', `Steps of ${run.family} by threads within x across ops: ${told.join(', ')}.`)
  await keepChoices(file, { ...(await readChoices(file)), [key]: chosen })
  return chosen
}

async function readChoices(file: string): Promise<Record<string, Threads>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, Threads>
  } catch {
    return {} // none yet, or damaged: it is measured again
  }
}

async function keepChoices(file: string, choices: Record<string, Threads>): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(`${file}.new`, JSON.stringify(choices))
  await rename(`${file}.new`, file)
}
