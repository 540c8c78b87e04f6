import type { Migration } from '../migrate'

export default {
  version: 30,
  async up(db) {
    await db.exec(`
      CREATE TABLE settings (
        key   TEXT NOT NULL PRIMARY KEY,
        value TEXT NOT NULL                    -- JSON
      ) STRICT, WITHOUT ROWID;
    `)
  },
} satisfies Migration
