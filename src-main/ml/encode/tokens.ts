/** A word, number or sign of a text, and where it stands there. */
export interface Token {
  /** In small letters: what the vocabulary holds. */
  word: string
  start: number
  end: number
}

/**
 * Words (letters, digits, an apostrophe within), single signs, and single characters of scripts that put no space between
 * words.
 */
const pattern =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}]|(?:(?![\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}])[\p{L}\p{M}\p{N}])+(?:['’]\p{L}+)*|[^\s]/gu

/** The tokens of a text, at most `limit` of them. */
export function tokensOf(text: string, limit = Infinity): Token[] {
  const tokens: Token[] = []
  for (const match of text.matchAll(pattern)) {
    if (tokens.length >= limit) break
    const [found] = match
    const word = found.toLowerCase().replaceAll('’', "'")
    tokens.push({ word, start: match.index, end: match.index + found.length })
  }
  return tokens
}
