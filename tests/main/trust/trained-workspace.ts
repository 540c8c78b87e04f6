import { dirname, join } from 'node:path'
import { vi } from 'vitest'
import type { Params, Run } from '@shared/schemas/run'
import { SplitSpec } from '@shared/schemas/dataset'
import { ExplanationService } from '@main/services/explanation-service'
import { FairnessService } from '@main/services/fairness-service'
import { InsightService } from '@main/services/insight-service'
import { RunService } from '@main/services/run-service'
import { dataServices, never } from '../../helpers/data-services'

/** The data services with runs, explanations and audits on top: real database, real jobs, in a folder of the test's own. */
export async function trustServices() {
  const data = await dataServices()
  const runs = new RunService(data.context)
  const train = async (dataset: string, family: string, params: Params): Promise<Run> => {
    const { runId } = await runs.start({ dataset, family, params }, never)
    return vi.waitFor(
      async () => {
        const run = await runs.get({ run: runId })
        if (run.status === 'queued' || run.status === 'running') throw new Error(`Run ${runId} is ${run.status}.`)
        return run
      },
      { timeout: 60_000, interval: 50 },
    )
  }
  const { context } = data
  return {
    ...data,
    runs,
    train,
    explanations: new ExplanationService(context),
    insights: new InsightService(context),
    fairness: new FairnessService(context),
  }
}

export type TrustServices = Awaited<ReturnType<typeof trustServices>>

/** German credit by sex and age group, split and learnt by a small network. */
export async function trainedCredit(epochs = 5) {
  const services = await trustServices()
  const csv = join(services.context.paths.resources, 'samples/german-credit/german-credit.csv')
  await services.importFiles([csv], { name: 'credit', target: 'credit_risk', positive: 'good', sensitive: ['sex'] })
  const derivation = { kind: 'bins' as const, from: 'age', cuts: [25], labels: ['young', 'old'] }
  await services.datasets.derive({ dataset: 'credit', column: 'age_group', derivation })
  await services.datasets.split(SplitSpec.parse({ dataset: 'credit' }))
  const run = await services.train('credit', 'mlp', { epochs })
  return { ...services, run, folder: dirname(services.context.paths.root) }
}
