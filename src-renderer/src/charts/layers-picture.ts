import type { LayerInfo } from '@shared/schemas/run'
import { formatCount } from '../format'

/** One block of the picture: the data as it stands after one or several layers. */
export interface Stage {
  kind: 'volume' | 'vector'
  /** [height, width, channels] or [units]. */
  shape: number[]
  /** Indices into the plan's layers; empty for the input. */
  layers: number[]
  parameterCount: number
  role: 'input' | 'learned' | 'plain' | 'output'
  title: string
  /** Front face: left, top, width and height in pixels. */
  x: number
  y: number
  width: number
  height: number
  /** How far the back lies to the right and above the front, in pixels; 0 for a vector. */
  depth: number
  /** Shape as one or two short lines. */
  label: string[]
  hasLabel: boolean
  /** Middle of the block, for its label. */
  center: number
}

/** A bundle of connections from one block to the next. */
export interface Link {
  points: string
  /** 0-1, by the share of all parameters that sit in it. */
  weight: number
}

/** A way around some blocks, drawn as a bow above them. */
export interface Bow {
  path: string
  title: string
}

export interface LayersPicture {
  stages: Stage[]
  links: Link[]
  bows: Bow[]
  width: number
  height: number
}

type Block = Pick<Stage, 'kind' | 'shape' | 'layers' | 'parameterCount' | 'role' | 'title'>

const size = (shape: number[]) => shape.reduce((product, n) => product * n, 1)
const known = (shape: (number | null)[]): number[] => shape.map((n) => n ?? 1)
export const shapeText = (shape: (number | null)[]): string => shape.map((n) => (n === null ? '?' : n)).join(' × ')

/**
 * Blocks of the picture: a layer starts a new one when it changes the shape or learns more than a scale and a shift per
 * channel. What only acts in place (activation, normalisation, dropout) or lays out anew (flatten) joins the block before.
 */
export function stagesOf(inputShape: number[], layers: LayerInfo[]): Block[] {
  const blocks: Block[] = [block(inputShape, [], 0, 'input', 'Input')]
  layers.forEach((layer, index) => {
    const before = blocks.at(-1)!
    const shape = known(layer.outputShape)
    const isSameSize = size(shape) === size(before.shape)
    const isInPlace = isSameSize && layer.parameterCount <= 4 * (shape.at(-1) ?? 1)
    if (isInPlace && index < layers.length - 1) {
      if (before.role !== 'input') before.layers.push(index)
      before.parameterCount += layer.parameterCount
      return
    }
    const role = index === layers.length - 1 ? 'output' : layer.parameterCount > 0 ? 'learned' : 'plain'
    blocks.push(block(shape, [index], layer.parameterCount, role, layer.kind))
  })
  return blocks
}

const block = (
  shape: number[],
  layers: number[],
  parameterCount: number,
  role: Stage['role'],
  title: string,
): Block => ({
  kind: shape.length >= 2 ? 'volume' : 'vector',
  shape,
  layers,
  parameterCount,
  role,
  title,
})

const labelHeight = 30
/** Room above the blocks for the ways around them. */
const bowHeight = 22
const widestGap = 120
const vectorWidth = 12
const smallest = 5
/** The back of a volume lies this share of its side to the right and above. */
const slant = 0.3

/** Room that a label needs, in pixels. */
const labelWidth = (lines: string[]): number => 5.6 * Math.max(...lines.map((line) => line.length))

/** Thickness of a volume: grows with the logarithm of its channels, since 512 would leave no room for 3. */
const thickness = (channels: number): number => 4 + 4.5 * Math.log2(channels + 1)
/** Height of a vector as a share of the room: the logarithm of its units, against the widest one's (64 at least). */
const vectorShare = (units: number, widest: number): number =>
  Math.log2(units + 1) / Math.log2(Math.max(widest, 64) + 1)

/** Places the blocks from left to right; sides of volumes are to scale with each other. */
export function layersPicture(
  inputShape: number[],
  layers: LayerInfo[],
  { width, height }: { width: number; height: number },
): LayersPicture {
  const blocks = stagesOf(inputShape, layers)
  const bowRoom = layers.some(({ branchedAt }) => branchedAt !== undefined) ? bowHeight : 0
  const room = height - labelHeight - 6 - bowRoom
  const sides = blocks.filter(({ kind }) => kind === 'volume').flatMap(({ shape }) => shape.slice(0, 2))
  const scale = room / (1 + slant) / Math.max(1, ...sides)
  const widest = Math.max(1, ...blocks.filter(({ kind }) => kind === 'vector').map(({ shape }) => shape[0] ?? 1))
  // Beside volumes a bar stays lower than they are, so that the eye goes to the maps first.
  const barRoom = sides.length > 0 ? 0.62 * room : 0.9 * room
  const sized = blocks.map((one) => measure(one, scale, widest, barRoom))
  const taken = sized.reduce((sum, one) => sum + one.width + one.depth, 0)
  const gaps = Math.max(1, sized.length - 1)
  const shrink = Math.min(1, (width - gaps * 8 - 4) / taken)
  const gap = Math.min(widestGap, (width - 4 - taken * shrink) / gaps)
  const total = taken * shrink + gap * (sized.length - 1)
  let x = Math.max(2, (width - total) / 2)
  const stages = sized.map((one) => {
    const placed = { ...one, width: one.width * shrink, depth: one.depth * shrink }
    const stage: Stage = {
      ...placed,
      x,
      y: (room + placed.depth - one.height) / 2 + 3 + bowRoom,
      center: x + (placed.width + placed.depth) / 2,
      hasLabel: placed.width + placed.depth + gap >= labelWidth(one.label),
    }
    x += placed.width + placed.depth + gap
    return stage
  })
  const parameters = stages.reduce((sum, stage) => sum + stage.parameterCount, 0)
  const links = stages.slice(1).map((stage, index) => link(stages[index]!, stage, parameters))
  return { stages, links, bows: bowsOf(stages, layers), width, height }
}

function measure(one: Block, scale: number, widest: number, barRoom: number) {
  if (one.kind === 'vector') {
    const units = one.shape[0] ?? 1
    const height = Math.max(smallest * 2, vectorShare(units, widest) * barRoom)
    return { ...one, width: vectorWidth, height, depth: 0, label: [formatCount(units)] }
  }
  const [high = 1, wide = 1, channels = 1] = one.shape
  return {
    ...one,
    width: thickness(channels),
    height: Math.max(smallest, high * scale),
    depth: Math.max(smallest, wide * scale) * slant,
    label: one.shape.length === 2 ? [`${high}`, `× ${wide}`] : [`${high} × ${wide}`, `× ${channels}`],
  }
}

/** From the block where branches part to the block where they meet; none where that is the same or the next one. */
function bowsOf(stages: Stage[], layers: LayerInfo[]): Bow[] {
  const stageOf = (layer: number) => (layer < 0 ? 0 : stages.findIndex((stage) => stage.layers.includes(layer)))
  return layers.flatMap(({ branchedAt, kind }, index) => {
    if (branchedAt === undefined) return []
    const [from, to] = [stages[stageOf(branchedAt)], stages[stageOf(index)]]
    if (!from || !to || stageOf(index) - stageOf(branchedAt) < 2) return []
    const [start, end] = [top(from), top(to)]
    const lift = Math.min(start.y, end.y) - bowHeight
    const path = `M ${place(start)} C ${place({ ...start, y: lift })} ${place({ ...end, y: lift })} ${place(end)}`
    return [{ path, title: `A shortcut past ${stageOf(index) - stageOf(branchedAt) - 1} blocks (${kind})` }]
  })
}

/** Middle of a block's upper edge, a little above it. */
const top = ({ x, y, width, depth }: Stage) => ({ x: x + (width + depth) / 2 + depth / 4, y: y - depth - 2 })
const place = ({ x, y }: { x: number; y: number }) => `${x.toFixed(1)},${y.toFixed(1)}`

/** From the whole right side of one block to the whole left side of the next. */
function link(from: Stage, to: Stage, parameters: number): Link {
  const right = from.x + from.width + from.depth
  const back = from.y - from.depth
  const corners = [
    [right, back],
    [to.x, to.y],
    [to.x, to.y + to.height],
    [right, back + from.height],
  ]
  return {
    points: corners.map(([x, y]) => `${x!.toFixed(1)},${y!.toFixed(1)}`).join(' '),
    weight: parameters > 0 ? to.parameterCount / parameters : 0,
  }
}
