import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { heatColor, heatMap, heatPixels } from '@shared/colormap'
import { partsOfGraph } from '@shared/graph-map'
import type { FieldValue } from '@shared/schemas/dataset'
import type { Explanation } from '@shared/schemas/explanation'
import { mostStrips, seriesStrips } from '@shared/series-strips'
import type { JobHandler } from '../protocol'

const side = 640
const margin = 24
const escape = (text: string) => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
const write = (value: number) => Number(value.toPrecision(3)).toString()

/** Draws a map over its picture with a colour bar, or signed bars for a table row, as PNG; beside and renamed. */
const render: JobHandler<'render-explanation'> = async ({ explanation, opacity, out }) => {
  await mkdir(dirname(out), { recursive: true })
  const partial = `${out}.partial`
  try {
    const picture = await drawing(explanation, opacity)
    await picture.png().toFile(partial)
    await rename(partial, out)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  return { files: [out] }
}

function drawing(explanation: Explanation, opacity: number): Sharp | Promise<Sharp> {
  const rank = explanation.input.shape.length
  if (rank === 3) return overlay(explanation, opacity)
  return rank === 2 ? strips(explanation, opacity) : bars(explanation)
}

const stripHeight = 96

/** A series as shaded strips, one per channel. */
function strips(explanation: Explanation, opacity: number): Sharp {
  const [steps = 0, channels = 1] = explanation.input.shape
  const curves = { steps, channels, values: explanation.input.data }
  const size = { width: 900, height: stripHeight * Math.min(mostStrips, channels), gap: 6 }
  const drawn = seriesStrips(curves, explanation.attribution.data, explanation.signed, opacity, size)
  const total = { width: size.width + 2 * margin, height: size.height + 2 * margin + 84 }
  const body = drawn.strips.map(({ top, height, path, shades, channel }) => {
    const rects = shades.map(
      (shade) =>
        `<rect x="${shade.x}" y="${top}" width="${shade.width}" height="${height}" fill="${shade.fill}" fill-opacity="${shade.opacity}"/>`,
    )
    const name = channels > 1 ? `<text x="4" y="${top + 14}" font-size="11">channel ${channel + 1}</text>` : ''
    return `<rect x="0" y="${top}" width="${size.width}" height="${height}" fill="#f1f5f9"/>${rects.join('')}
<path d="${path}" fill="none" stroke="#0f172a" stroke-width="1.5" stroke-linejoin="round"/>${name}`
  })
  const picture =
    Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${total.width}" height="${total.height}" font-family="sans-serif" fill="#334155">
<rect width="100%" height="100%" fill="#ffffff"/><g transform="translate(${margin} ${margin})">${body.join('')}</g></svg>`)
  const label = Buffer.from(caption(explanation, drawn.scale, total, size.height))
  return sharp(picture).composite([{ input: label, left: 0, top: 0 }])
}

async function overlay(explanation: Explanation, opacity: number): Promise<Sharp> {
  const [height, width, channels] = explanation.input.shape as [number, number, number]
  const scale = side / Math.max(height, width)
  const size = { width: Math.round(width * scale), height: Math.round(height * scale), fit: 'fill' as const }
  // Small pictures keep square pixels; large ones are smoothed.
  const kernel = Math.max(height, width) <= 128 ? ('nearest' as const) : ('cubic' as const)
  const pixels = Uint8Array.from(explanation.input.data, (value) => Math.round(255 * Math.min(1, Math.max(0, value))))
  const base = await sharp(pixels, { raw: { width, height, channels: channels as 1 | 3 } })
    .toColourspace('srgb')
    .resize({ ...size, kernel })
    .png()
    .toBuffer()
  const { values, scale: largest } = heatMap(explanation.attribution.shape, explanation.attribution.data)
  const heat = await sharp(Buffer.from(heatPixels(values, explanation.signed, opacity)), {
    raw: { width, height, channels: 4 },
  })
    .resize({ ...size, kernel })
    .png()
    .toBuffer()
  const total = { width: size.width + 2 * margin, height: size.height + 2 * margin + 84 }
  const label = Buffer.from(caption(explanation, largest, total, size.height))
  return sharp({ create: { ...total, channels: 4, background: '#ffffff' } }).composite([
    { input: base, left: margin, top: margin },
    { input: heat, left: margin, top: margin },
    { input: label, left: 0, top: 0 },
  ])
}

function caption(explanation: Explanation, largest: number, total: { width: number; height: number }, top: number) {
  const y = top + margin + 20
  const stops = Array.from({ length: 11 }, (_, i) => {
    const color = heatColor(explanation.signed ? i / 5 - 1 : i / 10, explanation.signed).join(',')
    return `<stop offset="${i * 10}%" stop-color="rgb(${color})"/>`
  })
  const wide = total.width - 2 * margin
  const probability = explanation.probabilities[explanation.target] ?? 0
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${total.width}" height="${total.height}" font-family="sans-serif" fill="#334155">
<defs><linearGradient id="scale">${stops.join('')}</linearGradient></defs>
<rect x="${margin}" y="${y}" width="${wide}" height="10" rx="5" fill="url(#scale)"/>
<text x="${margin}" y="${y + 28}" font-size="14">${explanation.signed ? write(-largest) : '0'}</text>
<text x="${total.width - margin}" y="${y + 28}" font-size="14" text-anchor="end">${write(largest)}</text>
<text x="${margin}" y="${y + 56}" font-size="16" fill="#0f172a">${escape(`${explanation.method} for ${explanation.target} (${(probability * 100).toFixed(1)} %), predicted ${explanation.predicted}`)}</text>
</svg>`
}

const rowHeight = 26

/** The words of a text that say most, in the form of a table's fields. */
const strongestWords = ({
  words = [],
  attribution,
}: Explanation): { name: string; value?: FieldValue; attribution: number }[] =>
  words
    .map(({ text }, i) => ({ name: text, attribution: attribution.data[i]! }))
    .sort((a, b) => Math.abs(b.attribution) - Math.abs(a.attribution))

/** A node's features and the edges near it, with nodes by their rows. */
const strongestParts = (explanation: Explanation) =>
  partsOfGraph(explanation).map(({ feature, ends, worth }) => ({
    name: feature ?? ends!.map((at) => `#${explanation.graph!.nodes[at]!.row}`).join(' – '),
    value: undefined as FieldValue | undefined,
    attribution: worth,
  }))

function bars(explanation: Explanation): Sharp {
  const parts = explanation.graph ? strongestParts(explanation) : strongestWords(explanation)
  const fields = (explanation.fields ?? parts).slice(0, 24)
  const largest = Math.max(1e-12, ...fields.map(({ attribution }) => Math.abs(attribution)))
  const [width, middle, reach] = [900, 560, 240]
  const rows = fields.map(({ name, value, attribution }, i) => {
    const y = 64 + i * rowHeight
    const length = (Math.abs(attribution) / largest) * reach
    const color = heatColor(attribution < 0 ? -0.7 : 0.7, true).join(',')
    return `<text x="300" y="${y + 14}" font-size="14" text-anchor="end">${escape((value === undefined ? name : `${name} = ${value ?? 'missing'}`).slice(0, 42))}</text>
<rect x="${attribution < 0 ? middle - length : middle}" y="${y}" width="${length}" height="18" rx="3" fill="rgb(${color})"/>
<text x="${width - 24}" y="${y + 14}" font-size="14" text-anchor="end">${write(attribution)}</text>`
  })
  const height = 80 + fields.length * rowHeight
  return sharp(
    Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" fill="#334155">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="24" y="36" font-size="18" fill="#0f172a">${escape(`${explanation.method} for ${explanation.target}`)}</text>
<line x1="${middle}" x2="${middle}" y1="56" y2="${height - 12}" stroke="#cbd5e1"/>${rows.join('')}</svg>`),
  )
}

export default render
