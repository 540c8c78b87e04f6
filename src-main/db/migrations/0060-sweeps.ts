import type { Migration } from '../migrate'

export default {
  version: 60,
  async up(db) {
    await db.exec(`
      CREATE TABLE sweeps (
        id         TEXT NOT NULL PRIMARY KEY,
        dataset_id TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
        name       TEXT NOT NULL,
        spec       TEXT NOT NULL,              -- SweepSpec as JSON
        status     TEXT NOT NULL,
        created_at INTEGER NOT NULL,           -- epoch ms
        ended_at   INTEGER
      ) STRICT;

      CREATE TABLE sweep_trials (
        sweep_id TEXT NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE,
        idx      INTEGER NOT NULL,             -- from 0, in the order of starting
        config   INTEGER NOT NULL,
        seed     INTEGER NOT NULL,
        params   TEXT NOT NULL,                -- the varied settings as JSON
        run_id   TEXT REFERENCES runs (id) ON DELETE SET NULL,
        state    TEXT NOT NULL,
        score    REAL,
        epochs   INTEGER NOT NULL DEFAULT 0,
        reason   TEXT,
        PRIMARY KEY (sweep_id, idx)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX sweep_trials_by_run ON sweep_trials (run_id);
    `)
  },
} satisfies Migration
