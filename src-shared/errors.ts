/** The closed list of error codes; the message says what was expected, what came and what to do. */
export const errorCodes = [
  'invalid_input',
  'not_found',
  'conflict',
  'incompatible',
  'cancelled',
  'worker_crashed',
  'out_of_memory',
  'disk_full',
  'internal',
] as const

export type ErrorCode = (typeof errorCodes)[number]

export class WorkbenchError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details?: unknown,
  ) {
    super(message)
    this.name = 'WorkbenchError'
  }
}

/** The wire form of an error: what crosses a process or the network. */
export interface ErrorReply {
  code: ErrorCode
  message: string
  details?: unknown
}

const isErrorCode = (code: unknown): code is ErrorCode => errorCodes.includes(code as ErrorCode)

/** Turns anything thrown into the wire form; a system error gets the code its cause deserves. */
export function toErrorReply(error: unknown): ErrorReply {
  if (error instanceof WorkbenchError) return { code: error.code, message: error.message, details: error.details }
  const { code, message, name } = (error ?? {}) as { code?: unknown; message?: string; name?: string }
  if (isErrorCode(code)) return { code, message: String(message) }
  if (name === 'AbortError') return { code: 'cancelled', message: 'Cancelled.' }
  if (code === 'ENOSPC' || code === 'SQLITE_FULL')
    return { code: 'disk_full', message: 'The disk is full. Free some space and try again; nothing was lost.' }
  if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM' || code === 'SQLITE_READONLY')
    return {
      code: 'invalid_input',
      message: `Not allowed to write there: ${message}. Choose a folder you may write to.`,
    }
  return { code: 'internal', message: `Something went wrong: ${message ?? String(error)}. The log has the details.` }
}

export function fromErrorReply(reply: ErrorReply): WorkbenchError {
  return new WorkbenchError(reply.code, reply.message, reply.details)
}

/** Throws `cancelled` once the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new WorkbenchError('cancelled', 'Cancelled.')
}
