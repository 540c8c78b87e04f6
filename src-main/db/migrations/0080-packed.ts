import type { Migration } from '../migrate'

/** Series are copied into packs below the workspace's files, many in one. */
export default {
  version: 80,
  async up(db) {
    await db.exec(`
      ALTER TABLE samples ADD COLUMN pack TEXT;           -- relative to the workspace's files; NULL: not packed
      ALTER TABLE samples ADD COLUMN pack_offset INTEGER; -- of its first value, in float32 values
    `)
  },
} satisfies Migration
