import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { chooseThreads, threadEnv, threadFacts, usualThreads } from '@main/services/thread-choice'
import { memoryWarning, availableMemory } from '@main/services/run-estimate'
import { tempFolder } from '../../helpers/temp-db'

const cores = availableParallelism()
const plan = (seconds: number, kind = 'Dense') => ({
  params: { batchSize: 8, optimizer: 'adam' },
  layers: [{ name: 'a', kind, outputShape: [2], parameterCount: 4, detail: '' }],
  parameterCount: 4,
  inputShape: [2],
  problems: [],
  warnings: [],
  estimate: { multiplyAdds: 4, memoryBytes: 1, seconds, isMeasured: false },
})

async function chooser(msPerStep: (env: Record<string, string>) => number, threads = 0) {
  const cache = join(await tempFolder(), 'cache')
  const asked: Record<string, string>[] = []
  const context = {
    paths: { cache },
    settings: async () => ({ threads }),
    log: () => {},
    jobs: {
      run: async (_role: string, _job: string, _input: unknown, options: { env: Record<string, string> }) => {
        asked.push(options.env)
        return { msPerStep: msPerStep(options.env) }
      },
    },
  }
  const choose = (seconds: number, kind?: string) => {
    const run = { family: 'mlp', params: {}, classCount: 2, facts: threadFacts('mlp', plan(seconds, kind)) }
    return chooseThreads(context as never, run, new AbortController().signal)
  }
  return { choose, asked, cache }
}
const inter = (env: Record<string, string>) => Number(env['TF_NUM_INTEROP_THREADS'])
const intra = (env: Record<string, string>) => Number(env['TF_NUM_INTRAOP_THREADS'])

describe('threads of a run', () => {
  test('a short run is not measured: all cores for convolutions, one for the rest', async () => {
    const { choose, asked } = await chooser(() => 1)
    expect(await choose(5)).toEqual({ within: 1, across: 1 })
    expect(await choose(5, 'Conv2D')).toEqual({ within: cores, across: 1 })
    expect(asked).toEqual([])
  })

  test.runIf(cores > 1)('a long run takes what was fastest on it, and the same again without measuring', async () => {
    const { choose, asked } = await chooser((env) => (inter(env) > 1 ? 1 : 2))
    expect(await choose(500)).toEqual({ within: 1, across: cores })
    expect(asked.map((env) => [intra(env), inter(env)])).toEqual([
      [1, 1],
      [1, cores],
      [cores, 1],
    ])
    expect(await choose(900)).toEqual({ within: 1, across: cores })
    expect(asked).toHaveLength(3)
    await choose(900, 'Conv2D')
    expect(asked).toHaveLength(6)
  })

  test.runIf(cores > 1)('what is hardly faster than the usual choice is noise', async () => {
    const { choose } = await chooser((env) => (inter(env) > 1 ? 0.97 : 1))
    expect(await choose(500)).toEqual({ within: 1, across: 1 })
  })

  test('the settings overrule the measurement; a damaged memory of it is no obstacle', async () => {
    expect(await (await chooser(() => 1, 3)).choose(500)).toEqual({ within: 3, across: 1 })
    const { choose, cache } = await chooser(() => 1)
    await mkdir(cache, { recursive: true })
    await writeFile(join(cache, 'threads.json'), '{"half')
    expect(await choose(500)).toEqual(usualThreads({ hasConvolution: false }, cores))
    if (cores > 1) expect(Object.keys(JSON.parse(await readFile(join(cache, 'threads.json'), 'utf8')))).toHaveLength(1)
  })

  test('go to the process as what TensorFlow and OpenMP read', () => {
    expect(threadEnv({ within: 2, across: 4 })).toEqual({
      TF_NUM_INTRAOP_THREADS: '2',
      TF_NUM_INTEROP_THREADS: '4',
      OMP_NUM_THREADS: '2',
    })
  })
})

test('memory that is not there is told before the start', async () => {
  expect(memoryWarning(1e9, 2e9)).toEqual([])
  expect(memoryWarning(3e9, 2e9)).toEqual([expect.stringContaining('3.0 GB of memory, and 2.0 GB are free')])
  expect(await availableMemory()).toBeGreaterThan(1e8)
})
