import { placesAround } from '@shared/graph-layout'
import { nodesAround } from '../../ml/decode/graph/around'
import { readGraphPack } from '../../ml/decode/graph/pack'
import { colorOf, Drawing } from '../drawing'
import type { JobHandler } from '../protocol'

// Of no class, which may change: the picture stays.
const grey = colorOf('#9aa3af')
const middle = colorOf('#64748b')

/** Draws a node in the middle of those around it. */
const drawNode: JobHandler<'draw-node'> = async ({ node, size, out }) => {
  const around = nodesAround(await readGraphPack(node.path), node.index)
  const drawing = new Drawing(size)
  const half = drawing.side / 2
  const places = placesAround(around).map(({ x, y }) => [half + x * half * 0.92, half + y * half * 0.92] as const)
  for (const [a, b] of around.edges)
    drawing.line([...places[a]!, ...places[b]!], Math.max(0.8, drawing.side / 260), grey, 130)
  const radii = [drawing.side / 18, drawing.side / 30, drawing.side / 48]
  // Nearest last, so that they lie on top.
  for (const [at, { hop }] of [...around.nodes.entries()].reverse())
    drawing.disc(...places[at]!, radii[hop]!, hop === 0 ? middle : grey)
  return drawing.save(out)
}

export default drawNode
