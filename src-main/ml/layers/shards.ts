import { availableParallelism } from 'node:os'
import { isNative } from './native-op'

/** Smaller parts cost more than a second thread brings. */
const smallestShard = 16

/**
 * Into how many parts a batch is split so that a recurrence, whose steps must wait for each other, still uses all cores.
 * It pays where each op has one thread and ops run side by side (TF_NUM_INTRAOP_THREADS=1): measured on 2 cores, an LSTM
 * of 64 units trains 1.3 times as fast in two parts as in one, and two threads within each op are slower than one.
 */
export function shardCount(batchSize: number): number {
  if (!isNative() || process.env['TF_NUM_INTRAOP_THREADS'] !== '1') return 1
  const threads = Number(process.env['TF_NUM_INTEROP_THREADS'] ?? 0) || availableParallelism()
  for (let shards = threads; shards > 1; shards--)
    if (batchSize % shards === 0 && batchSize / shards >= smallestShard) return shards
  return 1
}
