import type { Queries } from '../db/database'

/** Takes `count` ids that were never given before; returns the first of them. Call it within a transaction. */
export async function takeIds(tx: Queries, name: 'class' | 'sample', count: number): Promise<number> {
  const row = await tx.get<{ value: number }>('SELECT value FROM next_ids WHERE name = ?', name)
  await tx.run('UPDATE next_ids SET value = value + ? WHERE name = ?', count, name)
  return row!.value
}
