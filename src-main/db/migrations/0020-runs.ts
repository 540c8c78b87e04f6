import type { Migration } from '../migrate'

export default {
  version: 20,
  async up(db) {
    await db.exec(`
      CREATE TABLE runs (
        id              TEXT NOT NULL PRIMARY KEY,
        dataset_id      TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
        name            TEXT NOT NULL,
        family          TEXT NOT NULL,
        params          TEXT NOT NULL,         -- complete hyperparameters as JSON
        seed            INTEGER NOT NULL,
        status          TEXT NOT NULL,
        summary         TEXT NOT NULL DEFAULT '{}', -- metrics, baseline, classes, device … as JSON (RunSummary)
        tags            TEXT NOT NULL DEFAULT '[]',
        note            TEXT NOT NULL DEFAULT '',
        created_at      INTEGER NOT NULL,      -- epoch ms
        started_at      INTEGER,
        ended_at        INTEGER,
        trained_ms      INTEGER NOT NULL DEFAULT 0, -- over all its resumes
        error           TEXT                   -- why a failed run failed
      ) STRICT;
      CREATE INDEX runs_by_dataset ON runs (dataset_id, created_at);

      CREATE TABLE run_epochs (
        run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        epoch  INTEGER NOT NULL,
        record TEXT NOT NULL,                  -- EpochEnded as JSON
        PRIMARY KEY (run_id, epoch)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE run_predictions (
        run_id        TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        sample_id     INTEGER NOT NULL,
        split         TEXT NOT NULL,
        truth         INTEGER,                 -- class index of the run
        predicted     INTEGER NOT NULL,
        confidence    REAL NOT NULL,
        probabilities TEXT NOT NULL,           -- JSON array, one per class of the run
        PRIMARY KEY (run_id, sample_id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX run_predictions_by_cell ON run_predictions (run_id, split, truth, predicted);
    `)
  },
} satisfies Migration
