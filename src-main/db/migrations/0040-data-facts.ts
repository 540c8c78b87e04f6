import type { Migration } from '../migrate'

/** Facts that would cost a pass over all samples if they were counted on each look at a dataset. */
export default {
  version: 40,
  async up(db) {
    await db.exec(`
      ALTER TABLE datasets ADD COLUMN size_bytes INTEGER NOT NULL DEFAULT 0; -- of the originals
      ALTER TABLE datasets ADD COLUMN notes TEXT NOT NULL DEFAULT '[]';      -- sentences of the import
      ALTER TABLE datasets ADD COLUMN sources TEXT NOT NULL DEFAULT '[]';    -- tables: [SourceFile] they were read from
      UPDATE datasets SET size_bytes =
        (SELECT coalesce(sum(size_bytes), 0) FROM samples WHERE dataset_id = datasets.id);

      ALTER TABLE fields ADD COLUMN stats TEXT;                              -- FieldStats as JSON; NULL: not counted yet

      -- Led by class_id, so that deleting a class finds its samples; with class_id at the end, so that counts by split
      -- and class never touch the table.
      DROP INDEX samples_by_class;
      CREATE INDEX samples_by_class ON samples (class_id, dataset_id);
      DROP INDEX samples_by_split;
      CREATE INDEX samples_by_split ON samples (dataset_id, split, class_id);
      CREATE INDEX samples_not_ok ON samples (dataset_id, state) WHERE state <> 'ok';

      -- Ids are never given twice: the undo log and caches outside of the database name samples and classes by them.
      CREATE TABLE next_ids (
        name  TEXT NOT NULL PRIMARY KEY,
        value INTEGER NOT NULL               -- the id that comes next
      ) STRICT, WITHOUT ROWID;
      INSERT INTO next_ids SELECT 'class', coalesce(max(id), 0) + 1 FROM classes;
      INSERT INTO next_ids SELECT 'sample', coalesce(max(id), 0) + 1 FROM samples;
    `)
  },
} satisfies Migration
