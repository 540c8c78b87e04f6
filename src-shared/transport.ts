import type { Client, EventName, EventPayload } from './contract'
import { fromErrorReply, type ErrorReply } from './errors'

export type Reply = { ok: true; value: unknown } | { ok: false; error: ErrorReply }

export interface Transport {
  call(method: string, input: unknown): Promise<Reply>
  on<E extends EventName>(event: E, listener: (payload: EventPayload<E>) => void): () => void
}

/** `client.runs.start(spec)` for any transport; a failed reply is thrown as a WorkbenchError. */
export function createClient(transport: Pick<Transport, 'call'>): Client {
  const service = (name: string) =>
    new Proxy(
      {},
      {
        get: (_, verb) => async (input: unknown) => {
          const reply = await transport.call(`${name}.${String(verb)}`, input ?? {})
          if (reply.ok) return reply.value
          throw fromErrorReply(reply.error)
        },
      },
    )
  return new Proxy({}, { get: (_, name) => service(String(name)) }) as Client
}
