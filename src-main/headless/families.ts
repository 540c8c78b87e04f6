import type { FamilyDescriptor } from '@shared/descriptor'
import { WorkbenchError } from '@shared/errors'
import type { Session } from './session'

/** The model family of that id; `not_found` names those there are. */
export async function familyNamed({ client }: Session, id: string): Promise<FamilyDescriptor> {
  const { families } = await client.catalog.get({})
  const family = families.find((known) => known.id === id)
  if (family) return family
  const known = families.map((one) => one.id).join(', ')
  throw new WorkbenchError('not_found', `There is no model family "${id}"; there are: ${known}.`)
}
