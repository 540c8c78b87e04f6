import { writeFile } from 'node:fs/promises'
import sharp from 'sharp'

/** Drawn this much larger and made smaller again, which smooths the edges. */
const scale = 2

/**
 * A square picture with nothing on it, so that it can stand on a light and on a dark ground. Drawn pixel by pixel: the
 * decoding process lets its picture library read no drawings.
 */
export class Drawing {
  readonly side: number
  readonly #pixels: Buffer

  constructor(private readonly size: number) {
    this.side = size * scale
    this.#pixels = Buffer.alloc(this.side * this.side * 4)
  }

  /** Sets discs along the line x, y, x, y …, half a pixel apart. */
  line(line: number[], radius: number, color: Buffer, opacity = 255): void {
    for (let i = 0; i < line.length; i += 2) {
      const [x, y] = [line[i]!, line[i + 1]!]
      const [fromX, fromY] = i === 0 ? [x, y] : [line[i - 2]!, line[i - 1]!]
      const count = Math.max(1, Math.ceil(Math.hypot(x - fromX, y - fromY) * 2))
      for (let k = 0; k <= count; k++)
        this.disc(fromX + ((x - fromX) * k) / count, fromY + ((y - fromY) * k) / count, radius, color, opacity)
    }
  }

  disc(x: number, y: number, radius: number, color: Buffer, opacity = 255): void {
    const { side } = this
    for (let row = Math.max(0, Math.ceil(y - radius)); row <= Math.min(side - 1, y + radius); row++)
      for (let column = Math.max(0, Math.ceil(x - radius)); column <= Math.min(side - 1, x + radius); column++) {
        if ((row - y) ** 2 + (column - x) ** 2 > radius * radius) continue
        const at = (row * side + column) * 4
        color.copy(this.#pixels, at)
        this.#pixels[at + 3] = opacity
      }
  }

  /** Writes it as WebP. */
  async save(out: string): Promise<{ sizeBytes: number }> {
    const { side, size } = this
    const bytes = await sharp(this.#pixels, { raw: { width: side, height: side, channels: 4 } })
      .resize(size, size)
      .webp({ quality: 90 })
      .toBuffer()
    await writeFile(out, bytes)
    return { sizeBytes: bytes.length }
  }
}

/** `#rrggbb` */
export const colorOf = (hex: string) => Buffer.from(hex.slice(1), 'hex')
