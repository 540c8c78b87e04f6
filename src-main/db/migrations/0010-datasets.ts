import type { Migration } from '../migrate'

export default {
  version: 10,
  async up(db) {
    await db.exec(`
      CREATE TABLE datasets (
        id          TEXT NOT NULL PRIMARY KEY,
        name        TEXT NOT NULL UNIQUE,
        modality    TEXT NOT NULL,
        source_path TEXT NOT NULL,             -- folder of the pictures, or the table's file
        target      TEXT,                      -- field to predict (tables)
        positive    TEXT,                      -- favourable outcome, named by the user
        skipped     TEXT NOT NULL DEFAULT '[]',-- [{path, reason}] of the import
        revision    INTEGER NOT NULL DEFAULT 0,-- grows with each edit of its samples
        created_at  INTEGER NOT NULL           -- epoch ms
      ) STRICT;

      CREATE TABLE fields (
        dataset_id   TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
        name         TEXT NOT NULL,
        position     INTEGER NOT NULL,
        kind         TEXT NOT NULL,
        is_input     INTEGER NOT NULL,
        is_sensitive INTEGER NOT NULL,
        derivation   TEXT,                     -- Derivation as JSON
        PRIMARY KEY (dataset_id, name)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE classes (
        id         INTEGER PRIMARY KEY,
        dataset_id TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
        name       TEXT NOT NULL,
        position   INTEGER NOT NULL,
        UNIQUE (dataset_id, name)
      ) STRICT;

      CREATE TABLE samples (
        id         INTEGER PRIMARY KEY,
        dataset_id TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
        row        INTEGER NOT NULL,           -- from 1, in import order
        path       TEXT,                       -- relative to source_path ('/' separators); NULL for table rows
        hash       TEXT,                       -- SHA-256 of the file's bytes, hex
        size_bytes INTEGER,
        modified_at INTEGER,                   -- epoch ms
        width      INTEGER,
        height     INTEGER,
        channels   INTEGER,
        "values"   TEXT,                       -- table row as a JSON object by field name
        class_id   INTEGER REFERENCES classes (id),
        split      TEXT CHECK (split IN ('train', 'validation', 'test')),
        state      TEXT NOT NULL DEFAULT 'ok',
        UNIQUE (dataset_id, row)
      ) STRICT;
      CREATE INDEX samples_by_class ON samples (dataset_id, class_id);
      CREATE INDEX samples_by_split ON samples (dataset_id, split);
      CREATE INDEX samples_by_path ON samples (dataset_id, path);

      -- The undo log: each row is one edit as people count them, applied and taken back in one transaction.
      CREATE TABLE edits (
        id         INTEGER PRIMARY KEY,
        dataset_id TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
        title      TEXT NOT NULL,
        kind       TEXT NOT NULL,
        before     TEXT NOT NULL,              -- JSON, enough to take the edit back
        after      TEXT NOT NULL,              -- JSON, enough to do it again
        changed    INTEGER NOT NULL,
        is_undone  INTEGER NOT NULL DEFAULT 0,
        at         INTEGER NOT NULL            -- epoch ms
      ) STRICT;
      CREATE INDEX edits_by_dataset ON edits (dataset_id, id);
    `)
  },
} satisfies Migration
