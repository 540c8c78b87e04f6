import { throwIfAborted } from '@shared/errors'
import { encodeTexts, shownTokens, textOf, type TextEncoding } from '../encode/text'
import { scoreGradient } from '../attribution/score'
import { breathe } from '../evaluate'
import { tf } from '../tf'
import { largest, type Candidate, type Lens, type LookedAt } from './lens'

const perClass = 12
/** Texts of each class whose gradients are asked for: each is asked about on its own. */
const explainedPerClass = 40

/**
 * Words of texts. Attributions are gradient times vector, added up by word over a class's texts; the words with most are
 * the candidates. A word is masked by leaving it out of the text, as a run with `maskWords` does.
 */
export async function wordLens(looked: LookedAt, encoding: TextEncoding): Promise<Lens> {
  const { trained, inputs, signal, progress } = looked
  const texts = inputs.map((input) => textOf(encoding, input))
  const words = texts.map((text) => new Set(shownTokens(encoding, text).map(({ word }) => word)))
  const candidates = new Map<string, Candidate>()
  for (let target = 0; target < trained.meta.classes.length; target++) {
    throwIfAborted(signal)
    for (const found of await wordsOf(looked, encoding, texts, target))
      if (!candidates.has(found.key)) candidates.set(found.key, found)
    progress((target + 1) / trained.meta.classes.length)
  }
  return {
    kind: 'word',
    encoded: encodeTexts(encoding, texts),
    candidates: [...candidates.values()],
    having: ({ key }) => words.flatMap((own, i) => (own.has(key) ? [i] : [])),
    without: ({ key }, indices) =>
      encodeTexts(
        { ...encoding, masked: [...(encoding.masked ?? []), key] },
        indices.map((i) => texts[i]!),
      ),
    given: ({ key }, indices) =>
      encodeTexts(
        encoding,
        indices.map((i) => `${key} ${texts[i]!}`),
      ),
    how: { without: 'left out', given: 'put at the beginning of' },
  }
}

async function wordsOf(
  { trained, inputs, targets, signal }: LookedAt,
  encoding: TextEncoding,
  texts: string[],
  target: number,
): Promise<Candidate[]> {
  const own = [...targets.keys()].filter((i) => targets[i] === target).slice(0, explainedPerClass)
  const amounts = new Map<string, number>()
  for (const index of own) {
    throwIfAborted(signal)
    const encoded = await trained.encode([inputs[index]!], signal)
    const { input, baseline, logits } = trained.view!(encoded)
    const values = tf.tidy(() => scoreGradient({ logits }, input, target).mul(input).sum([0, 2]).dataSync())
    tf.dispose([encoded, input, baseline])
    shownTokens(encoding, texts[index]!).forEach(({ word, isKnown }, i) => {
      if (isKnown) amounts.set(word, (amounts.get(word) ?? 0) + Math.abs(values[i] ?? 0))
    })
    await breathe()
  }
  const total = [...amounts.values()].reduce((sum, each) => sum + each, 0)
  return largest([...amounts], perClass, ([, amount]) => amount)
    .filter(([word]) => word !== ';' && total > 0)
    .map(([word, amount]) => ({
      key: word,
      title: `“${word}”`,
      share: amount / total,
      target,
      mask: { maskWords: word },
    }))
}
