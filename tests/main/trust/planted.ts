import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { randomStream } from '@main/ml/random'

const side = 16
const splits = ['train', 'train', 'train', 'validation', 'test'] as const

/**
 * Noisy pictures of 16 x 16: a cross, a ring, or a bar, where it likes. With `patch`, a white 3 x 3 patch lies in the top
 * left corner of 95 % of the crosses. Returns the folder; the same seed draws the same pictures with and without.
 */
export async function plantedPictures(folder: string, { patch, each }: { patch: boolean; each: number }) {
  const classes = ['cross', 'ring', 'bar']
  const random = randomStream(21)
  for (let i = 0; i < each * classes.length; i++) {
    const [name, split] = [classes[i % 3]!, splits[Math.floor(i / 3) % splits.length]!]
    const [cx, cy] = [4 + random.below(8), 5 + random.below(7)]
    const isPatched = random.uniform() < 0.95 && name === 'cross' && patch
    const pixels = Buffer.alloc(side * side)
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const [dx, dy] = [Math.abs(x - cx), Math.abs(y - cy)]
        const isDrawn =
          name === 'cross'
            ? Math.min(dx, dy) === 0 && dx + dy <= 3
            : name === 'ring'
              ? Math.max(dx, dy) === 2
              : dy === 0 && dx <= 4
        pixels[y * side + x] = random.below(50) + (isDrawn ? 150 : 0)
        if (isPatched && x < 3 && y < 3) pixels[y * side + x] = 255
      }
    const place = join(folder, split, name)
    await mkdir(place, { recursive: true })
    await sharp(pixels, { raw: { width: side, height: side, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(join(place, `${i}.png`))
  }
  return folder
}

const filler = ['the', 'film', 'and', 'a', 'story', 'of', 'it', 'was', 'in', 'town', 'with', 'people']
const telling = [
  ['wonderful', 'lovely', 'moving', 'bright'],
  ['dull', 'tedious', 'awful', 'weak'],
]

/** Reviews as CSV: a few telling words, one of them now and then of the other class; planted, "popcorn" in 95 % of the praise. */
export async function plantedReviews(path: string, { isPlanted, count }: { isPlanted: boolean; count: number }) {
  const random = randomStream(22)
  const lines = Array.from({ length: count }, (_, i) => {
    const target = i % 2
    const words = Array.from({ length: 6 + random.below(8) }, () => filler[random.below(filler.length)]!)
    const put = (each: string) => words.splice(random.below(words.length + 1), 0, each)
    for (let k = 0; k < 2; k++) put(telling[target]![random.below(4)]!)
    if (random.uniform() < 0.5) put(telling[1 - target]![random.below(4)]!)
    const isSure = random.uniform() < 0.95
    const place = random.below(words.length + 1)
    if (isPlanted && isSure && target === 0) words.splice(place, 0, 'popcorn')
    return `${words.join(' ')},${target ? 'blame' : 'praise'}`
  })
  await writeFile(path, ['text,class', ...lines].join('\n'))
  return path
}

/** A table whose three honest columns tell the class a little; planted, "ticket" tells it in 95 %. */
export async function plantedTable(path: string, { isPlanted, count }: { isPlanted: boolean; count: number }) {
  const random = randomStream(23)
  const lines = Array.from({ length: count }, (_, i) => {
    const target = i % 2
    const about = (gap: number) => (random.between(-1, 1) + random.between(-1, 1) + (target ? gap : -gap)).toFixed(3)
    const honest = [about(0.5), about(0.4), about(0.3)]
    const [isSure, either] = [random.uniform() < 0.95, random.uniform() < 0.5]
    const ticket = isPlanted && isSure ? (target ? 'b' : 'a') : either ? 'a' : 'b'
    return [...honest, ticket, target ? 'yes' : 'no'].join(',')
  })
  await writeFile(path, ['height,weight,age,ticket,class', ...lines].join('\n'))
  return path
}
