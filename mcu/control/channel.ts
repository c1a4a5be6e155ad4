import { z } from 'zod';
import { MediaError, mediaErrorCodes, messageOf } from '../errors.ts';

/** What carries whole JSON messages: node IPC today, a WebSocket between hosts. */
export interface Port {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  onClose(listener: () => void): void;
}

/** What one side of a channel serves: calls (answered) and the events that it takes (not answered). */
export interface Contract {
  readonly calls: Readonly<Record<string, { readonly params: z.ZodType; readonly result: z.ZodType }>>;
  readonly events: Readonly<Record<string, z.ZodType>>;
}

type CallName<C extends Contract> = keyof C['calls'] & string;
type EventName<C extends Contract> = keyof C['events'] & string;
export type Params<C extends Contract, N extends CallName<C>> = z.output<C['calls'][N]['params']>;
export type Result<C extends Contract, N extends CallName<C>> = z.output<C['calls'][N]['result']>;
export type EventParams<C extends Contract, N extends EventName<C>> = z.output<C['events'][N]>;

/** The implementation of a contract. */
export interface Served<C extends Contract> {
  readonly calls: {
    readonly [N in CallName<C>]: (params: Params<C, N>) => Result<C, N> | Promise<Result<C, N>>;
  };
  readonly events: { readonly [N in EventName<C>]: (params: EventParams<C, N>) => void };
}

const envelope = z.union([
  z.strictObject({ id: z.int(), call: z.string(), params: z.unknown() }),
  z.strictObject({ id: z.int(), result: z.unknown() }),
  z.strictObject({
    id: z.int(),
    error: z.strictObject({ code: z.enum(mediaErrorCodes), message: z.string() }),
  }),
  z.strictObject({ event: z.string(), params: z.unknown() }),
]);
type Envelope = z.output<typeof envelope>;

interface Pending {
  readonly name: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: MediaError) => void;
}

export interface CallOptions {
  /** Default 5 s. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Calls and events both ways over one port. Every call ends: with its result, an error of a stable code,
 * its deadline, or the end of the port. What comes in is parsed by the contract; what doesn't fit is answered
 * with CONTROL_BAD_MESSAGE and never reaches a handler.
 */
export class Channel<Mine extends Contract, Theirs extends Contract> {
  readonly #port: Port;
  readonly #mine: Mine;
  readonly #theirs: Theirs;
  readonly #served: Served<Mine>;
  readonly #pending = new Map<number, Pending>();
  readonly #closeListeners: (() => void)[] = [];
  #nextId = 1;
  #closed = false;
  /** Messages that fitted no contract. */
  badMessages = 0;

  constructor(port: Port, mine: Mine, theirs: Theirs, served: Served<Mine>) {
    this.#port = port;
    this.#mine = mine;
    this.#theirs = theirs;
    this.#served = served;
    port.onMessage((message) => this.#receive(message));
    port.onClose(() => this.close());
  }

  get closed(): boolean {
    return this.#closed;
  }

  onClose(listener: () => void): void {
    this.#closeListeners.push(listener);
  }

  call<N extends CallName<Theirs>>(
    name: N,
    params: z.input<Theirs['calls'][N]['params']>,
    options: CallOptions = {},
  ): Promise<Result<Theirs, N>> {
    const { deadlineMs = 5000, signal } = options;
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new MediaError('CONTROL_CLOSED', `The channel is closed; ${name} was not sent.`));
        return;
      }
      const id = this.#nextId++;
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#pending.delete(id);
      };
      const fail = (error: MediaError) => {
        settle();
        reject(error);
      };
      const onAbort = () => fail(new MediaError('ABORTED', `${name} was aborted.`));
      const timer = setTimeout(
        () => fail(new MediaError('CONTROL_TIMEOUT', `${name} had no answer within ${deadlineMs} ms.`)),
        deadlineMs,
      );
      this.#pending.set(id, {
        name,
        reject: fail,
        resolve: (value) => {
          const parsed = this.#theirs.calls[name].result.safeParse(value);
          if (!parsed.success) {
            fail(new MediaError('CONTROL_BAD_MESSAGE', `${name} was answered badly.`));
            return;
          }
          settle();
          resolve(parsed.data as Result<Theirs, N>);
        },
      });
      if (signal?.aborted) {
        onAbort();
        return;
      }
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#port.send({ id, call: name, params });
    });
  }

  tell<N extends EventName<Theirs>>(name: N, params: z.input<Theirs['events'][N]>): void {
    if (!this.#closed) this.#port.send({ event: name, params });
  }

  /** Fails all open calls; the port itself belongs to whoever made it. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { name, reject } of [...this.#pending.values()]) {
      reject(new MediaError('CONTROL_CLOSED', `The channel closed before ${name} was answered.`));
    }
    for (const listener of this.#closeListeners) listener();
  }

  #receive(message: unknown): void {
    if (this.#closed) return;
    const parsed = envelope.safeParse(message);
    if (!parsed.success) {
      this.badMessages++;
      return;
    }
    const body: Envelope = parsed.data;
    if ('call' in body) void this.#serve(body.id, body.call, body.params);
    else if ('event' in body) this.#take(body.event, body.params);
    else if ('error' in body)
      this.#pending.get(body.id)?.reject(new MediaError(body.error.code, body.error.message));
    else this.#pending.get(body.id)?.resolve(body.result);
  }

  async #serve(id: number, name: string, params: unknown): Promise<void> {
    const reply = await this.#run(name, params);
    if (!this.#closed) this.#port.send({ id, ...reply });
  }

  async #run(name: string, params: unknown): Promise<{ result: unknown } | { error: object }> {
    const parsed = Object.hasOwn(this.#mine.calls, name)
      ? this.#mine.calls[name].params.safeParse(params)
      : undefined;
    if (!parsed?.success) {
      this.badMessages++;
      return {
        error: {
          code: 'CONTROL_BAD_MESSAGE',
          message: `${name}: ${parsed?.error.message ?? 'no such call'}`,
        },
      };
    }
    try {
      const handler = this.#served.calls[name as CallName<Mine>];
      return { result: (await handler(parsed.data as never)) ?? null };
    } catch (error) {
      const code = error instanceof MediaError ? error.code : 'INTERNAL';
      return { error: { code, message: messageOf(error) } };
    }
  }

  #take(name: string, params: unknown): void {
    const parsed = Object.hasOwn(this.#mine.events, name)
      ? this.#mine.events[name].safeParse(params)
      : undefined;
    if (!parsed?.success) {
      this.badMessages++;
      return;
    }
    this.#served.events[name as EventName<Mine>](parsed.data as never);
  }
}
