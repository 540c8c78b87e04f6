export type Side = 'before' | 'after'

/** The ids listed in one side of an edit, with the value that each gets; one parameter, the edit's id. */
export const listedIn = (side: Side, list: 'labels' | 'splits') => `
  SELECT entry.value ->> 0 AS value, member.value AS sample_id
  FROM edits, json_each(edits.${side}, '$.${list}') AS entry, json_each(entry.value, '$[1]') AS member
  WHERE edits.id = ?`
