import { WorkbenchError } from '@shared/errors'

/** Called for each tag and text on the way; names come without their namespace. */
export interface XmlHandler {
  open?(name: string, attributes: string): void
  close?(name: string): void
  text?(text: string): void
}

const longestToken = 16 * 1024 ** 2
const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/**
 * Reads XML piece by piece, so that a large file never lies in memory. Enough for the files that office programs write:
 * no document types (and with them no entities of their own, the way of "billion laughs").
 */
export class XmlScanner {
  #rest = ''

  constructor(private readonly handler: XmlHandler) {}

  write(piece: string): void {
    const text = this.#rest + piece
    let at = 0
    for (;;) {
      const start = text.indexOf('<', at)
      if (start < 0) break
      const end = tagEnd(text, start)
      if (end < 0) break
      if (start > at) this.handler.text?.(decoded(text.slice(at, start)))
      this.#tag(text.slice(start, end))
      at = end
    }
    this.#rest = text.slice(at)
    if (this.#rest.length > longestToken)
      throw new WorkbenchError('invalid_input', 'The file holds one piece of text of more than 16 MiB; it was refused.')
  }

  /** Throws when the text ended within a tag. */
  end(): void {
    if (this.#rest.trim() !== '') throw new WorkbenchError('invalid_input', 'It ends in the middle of its XML.')
  }

  #tag(tag: string): void {
    if (tag.startsWith('<![CDATA[')) return this.handler.text?.(tag.slice(9, -3))
    if (tag.startsWith('<!--') || tag.startsWith('<?')) return
    if (tag.startsWith('<!')) throw new WorkbenchError('invalid_input', 'It declares a document type; that is refused.')
    if (tag.startsWith('</')) return this.handler.close?.(localName(tag.slice(2, -1).trim()))
    const isEmpty = tag.endsWith('/>')
    const inner = tag.slice(1, isEmpty ? -2 : -1)
    const space = inner.search(/\s/)
    const name = localName(space < 0 ? inner : inner.slice(0, space))
    this.handler.open?.(name, space < 0 ? '' : inner.slice(space))
    if (isEmpty) this.handler.close?.(name)
  }
}

/** Where the tag that begins at `start` ends, or -1 when the rest of it has not come yet. */
function tagEnd(text: string, start: number): number {
  const closing = text.startsWith('<!--', start) ? '-->' : text.startsWith('<![CDATA[', start) ? ']]>' : '>'
  const end = text.indexOf(closing, start)
  // Whether it is a comment or CDATA shows after a few characters.
  if (end < 0 || (text[start + 1] === '!' && text.length < start + 9)) return -1
  return end + closing.length
}

const localName = (name: string) => name.slice(name.indexOf(':') + 1)

const decoded = (text: string) =>
  text.includes('&')
    ? text.replace(/&(#x?[0-9a-f]+|\w+);/gi, (whole, entity: string) => {
        if (!entity.startsWith('#')) return entities[entity] ?? whole
        const code = entity[1] === 'x' || entity[1] === 'X' ? parseInt(entity.slice(2), 16) : Number(entity.slice(1))
        return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
      })
    : text

/** The value of an attribute in the text after a tag's name, or null. */
export function attribute(attributes: string, name: string): string | null {
  const match = new RegExp(`(?:^|[\\s:])${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(attributes)
  return match ? decoded(match[1] ?? match[2]!) : null
}
