import { contract, type Method, type Services } from '@shared/contract'
import { toErrorReply, WorkbenchError } from '@shared/errors'
import type { Reply } from '@shared/transport'

export interface DispatchOptions {
  signal: AbortSignal
  /** Why commands are refused (somebody else holds the workspace), or null. */
  readOnlyBecause?: string | null
  /** Called once per unexpected error; expected ones are the caller's to show. */
  logError?: (method: string, error: unknown) => void
}

/** The one door: IPC, HTTP, command line and tests all come through here, so all are validated alike. */
export async function dispatch(
  services: Partial<Services>,
  method: string,
  input: unknown,
  { signal, readOnlyBecause = null, logError = (name, error) => console.error(name, error) }: DispatchOptions,
): Promise<Reply> {
  if (!Object.hasOwn(contract, method)) return fail(new WorkbenchError('not_found', `No method named "${method}".`))
  const entry = contract[method as Method]
  if (entry.kind === 'command' && readOnlyBecause) return fail(new WorkbenchError('conflict', readOnlyBecause))
  const parsed = entry.input.safeParse(input ?? {})
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`)
    return fail(
      new WorkbenchError('invalid_input', `Invalid input for ${method}: ${issues.join('; ')}.`, parsed.error.issues),
    )
  }
  const [service, verb] = method.split('.') as [keyof Services, string]
  try {
    const target = services[service] as
      Record<string, (input: unknown, signal: AbortSignal) => Promise<unknown>> | undefined
    if (!target) return fail(new WorkbenchError('not_found', `The service "${service}" is not available here.`))
    return { ok: true, value: await target[verb]!(parsed.data, signal) }
  } catch (error) {
    const reply = fail(error)
    if (reply.error.code === 'internal') logError(method, error)
    return reply
  }
}

const fail = (error: unknown) => ({ ok: false, error: toErrorReply(error) }) as const
