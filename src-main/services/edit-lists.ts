export type Side = 'before' | 'after'

/**
 * The ids listed in one side of an edit, with the value that each gets; one parameter, the edit's id. The lists are cut
 * out once (MATERIALIZED): taken apart row by row, SQLite would read the whole text again for each id.
 */
export const listedIn = (side: Side, list: 'labels' | 'splits') => `
  WITH entries AS MATERIALIZED (
    SELECT entry.value ->> 0 AS value, entry.value -> 1 AS ids
    FROM edits, json_each(edits.${side}, '$.${list}') AS entry WHERE edits.id = ?)
  SELECT entries.value AS value, member.value AS sample_id FROM entries, json_each(entries.ids) AS member`
