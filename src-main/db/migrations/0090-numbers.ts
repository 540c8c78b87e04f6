import type { Migration } from '../migrate'

/** What a dataset's target is taken for, and predictions that are numbers. */
export default {
  version: 90,
  async up(db) {
    await db.exec(`
      ALTER TABLE datasets ADD COLUMN task TEXT NOT NULL DEFAULT 'classification'; -- or 'regression'

      CREATE TABLE run_values (
        run_id    TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        sample_id INTEGER NOT NULL,
        split     TEXT NOT NULL,
        truth     REAL,                        -- in the target's units
        value     REAL NOT NULL,               -- predicted
        PRIMARY KEY (run_id, sample_id)
      ) STRICT, WITHOUT ROWID;
    `)
  },
} satisfies Migration
