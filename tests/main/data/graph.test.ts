import { access, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { toErrorReply } from '@shared/errors'
import { degreesOf, readGraphPack } from '@main/ml/decode/graph/pack'
import { nodePlace, resolveSample } from '@main/services/dataset-queries'
import { dataServices, never, parseOutput, type DataServices } from '../../helpers/data-services'

const nodes = 'id,class,split\na,red,train\nb,red,test\nc,blue,val\nd,,\n'
const edges = 'source,target\na,b\nb,c\nc,b\nc,c\nd,a\n'
const features = 'node,feature,value\na,w2,1\na,w10,3\nb,w2,0\nc,w10,0.5\n'

async function put(services: DataServices, files: Record<string, string>): Promise<string> {
  const folder = join(services.folder, 'in')
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}

async function packOf(services: DataServices, dataset: string): Promise<string> {
  const { datasetId } = await services.datasets.get({ dataset })
  return nodePlace(services.context.paths, await resolveSample(services.db, datasetId, '#1')).path
}
const graphOf = async (services: DataServices, dataset: string) => readGraphPack(await packOf(services, dataset))

async function refusal(files: Record<string, string>, modality?: 'graph') {
  const services = await dataServices()
  const path = await put(services, files)
  return toErrorReply(await services.datasets.inspect({ paths: [path], modality }, never).catch((error) => error))
}

describe('importing a graph', () => {
  it('reads edges, nodes and sparse features; each edge once, none to itself', async () => {
    const services = await dataServices()
    const path = await put(services, { 'edges.csv': edges, 'nodes.csv': nodes, 'features.csv': features })
    const found = parseOutput('datasets.inspect', await services.datasets.inspect({ paths: [path] }, never))
    expect(found).toMatchObject({
      modality: 'graph',
      sampleCount: 4,
      splits: ['train', 'validation', 'test'],
      graph: { edges: 3, features: 2, mostNeighbours: 2, meanNeighbours: 1.5 },
    })
    await services.datasets.import({ paths: [path], name: 'toy', sensitive: [], kinds: {}, add: false }, never)
    const graph = await graphOf(services, 'toy')
    expect(graph.sizes).toEqual({ nodes: 4, edges: 3, features: 2, entries: 3 })
    expect([...graph.ends]).toEqual([0, 1, 1, 2, 3, 0])
    expect(graph.features).toEqual(['w2', 'w10'])
    expect([...graph.entries]).toEqual([0, 0, 0, 1, 2, 1])
    expect([...graph.values]).toEqual([1, 3, 0.5])
    const { samples } = await services.datasets.samples({ dataset: 'toy', filter: {}, offset: 0, limit: 10 })
    expect(samples.map(({ path: name, className, split, width }) => [name, className, split, width])).toEqual([
      ['a', 'red', 'train', 2],
      ['b', 'red', 'test', 2],
      ['c', 'blue', 'validation', 1],
      ['d', null, null, 1],
    ])
    const around = await services.datasets.around({ dataset: 'toy', sample: 'b' }, never)
    expect(parseOutput('datasets.around', around)).toEqual(around)
    expect(around.nodes.map(({ name, hop }) => [name, hop])).toEqual([
      ['b', 0],
      ['a', 1],
      ['c', 1],
      ['d', 2],
    ])
    expect(around.edges).toEqual([
      [1, 0],
      [0, 2],
      [3, 1],
    ])
  })

  it('takes an edge list without a heading or a node table, and gives each node a feature of its own', async () => {
    const services = await dataServices()
    const path = await put(services, { 'edges.tsv': '1\t2\n2\t3\n' })
    await services.datasets.import({ paths: [path], name: 'bare', sensitive: [], kinds: {}, add: false }, never)
    const graph = await graphOf(services, 'bare')
    expect([...graph.ends]).toEqual([0, 1, 1, 2])
    expect([...degreesOf(3, graph.ends)]).toEqual([1, 2, 1])
    expect(graph.sizes).toMatchObject({ features: 3, entries: 3 })
  })

  it('brings columns of numbers to mean 0 and deviation 1, and names what it leaves out', async () => {
    const services = await dataServices()
    const path = await put(services, {
      'edges.csv': 'from,to,weight\na,b,2\n',
      'nodes.csv': 'name,label,age,town\na,x,10,Bonn\nb,y,20,Kiel\n',
    })
    const { notes } = await services.datasets.import(
      { paths: [path], name: 'people', sensitive: [], kinds: {}, add: false },
      never,
    )
    expect(notes.join(' ')).toContain('"town"')
    const graph = await graphOf(services, 'people')
    expect([...graph.values]).toEqual([-1, 1])
    expect([...graph.weights]).toEqual([2])
  })

  it('refuses what does not fit together, and says where', async () => {
    expect((await refusal({ 'edges.csv': edges, 'nodes.csv': 'id\na\nb\n' })).message).toContain('edges.csv, line 3')
    expect((await refusal({ 'edges.csv': edges, 'nodes.csv': 'id\na\na\n' })).message).toContain('listed twice')
    expect((await refusal({ 'edges.csv': 'source,target,weight\na,b,x\n' })).message).toContain('weight')
    expect((await refusal({ 'edges.csv': 'source,target\na,a\n' })).message).toContain('no edges')
    expect(
      (await refusal({ 'edges.csv': edges, 'nodes.csv': nodes, 'features.csv': 'node,feature\nz,w\n' })).message,
    ).toContain('no node "z"')
    const notOne = await refusal({ 'people.csv': 'a,b\n1,2\n' }, 'graph')
    expect(notOne).toMatchObject({ code: 'invalid_input' })
  })

  it('takes nothing more, and leaves nothing behind when it is deleted', async () => {
    const services = await dataServices()
    const path = await put(services, { 'edges.csv': edges, 'nodes.csv': nodes })
    await services.datasets.import({ paths: [path], name: 'toy', sensitive: [], kinds: {}, add: false }, never)
    const pack = await packOf(services, 'toy')
    await access(pack)
    const more = await services.datasets.addFiles({ dataset: 'toy', paths: [path] }, never).catch(toErrorReply)
    expect(more).toMatchObject({ code: 'incompatible' })
    await services.datasets.delete({ dataset: 'toy' })
    await expect(access(pack)).rejects.toThrow()
  })
})
