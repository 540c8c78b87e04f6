import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Service } from '@shared/contract'
import { SampleDatasetDescriptor, type Catalog } from '@shared/descriptor'
import type { EngineStatus } from '@shared/schemas/workspace'
import type { Jobs } from '../worker/protocol'
import type { ServiceContext } from './context'

/** What this build can do, asked once from the engine's process: plug-ins describe themselves. */
export class CatalogService implements Service<'catalog'> {
  #described: Promise<Jobs['describe']['output']> | null = null

  constructor(private readonly context: ServiceContext) {}

  async get(): Promise<Catalog> {
    const { engine: _engine, ...catalog } = await this.#describe()
    return { ...catalog, sampleDatasets: await this.#samples() }
  }

  /** Which engine computes, asked from its process. */
  async engine(): Promise<EngineStatus> {
    return (await this.#describe()).engine
  }

  #describe() {
    this.#described ??= this.context.jobs.run('engine', 'describe', {}).catch((error) => {
      this.#described = null // asked again next time
      throw error
    })
    return this.#described
  }

  async #samples(): Promise<Catalog['sampleDatasets']> {
    const text = await readFile(join(this.context.paths.resources, 'samples', 'index.json'), 'utf8')
    return z.array(SampleDatasetDescriptor).parse(JSON.parse(text))
  }
}
