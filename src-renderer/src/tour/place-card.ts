export interface Box {
  left: number
  top: number
  width: number
  height: number
}

const gap = 14

/**
 * Where the tour's card goes: beside what it points at, on the side with room (right, left, below, above), inside the
 * window; in the lower right corner when it points at nothing or at nearly everything. Pixels.
 */
export function placeCard(
  target: Box | null,
  card: { width: number; height: number },
  window: { width: number; height: number },
) {
  const corner = { left: window.width - card.width - 24, top: window.height - card.height - 52 }
  if (!target) return corner
  const clampTop = (top: number) => Math.max(gap, Math.min(top, window.height - card.height - 40))
  const clampLeft = (left: number) => Math.max(gap, Math.min(left, window.width - card.width - gap))
  const right = target.left + target.width
  const bottom = target.top + target.height
  if (right + gap + card.width < window.width) return { left: right + gap, top: clampTop(target.top) }
  if (target.left - gap - card.width > 230) return { left: target.left - gap - card.width, top: clampTop(target.top) }
  if (bottom + gap + card.height < window.height - 40) return { left: clampLeft(target.left), top: bottom + gap }
  if (target.top - gap - card.height > 0) return { left: clampLeft(target.left), top: target.top - gap - card.height }
  return corner
}
