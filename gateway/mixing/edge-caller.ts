import type { Log } from '../ports.ts';
import { defaultSipLimits } from '../sip/limits.ts';
import type { ServerPlace } from '../sip/server-place.ts';
import { SipServer } from '../sip/sip-server.ts';

export interface EdgeCallerOptions {
  /** The SIP servers that the gateway's calls come by, embedded or real. */
  readonly servers: readonly ServerPlace[];
  readonly plainAnywhere: boolean;
  readonly log: Log;
}

/**
 * Calls FreeSWITCH by way of the SIP servers that serve the gateway's calls, on connections of its own: no request
 * from outside comes by them. Stands in for the library's object that drachtio-fsmrf asks for, of which it uses
 * `createUAC` only.
 */
export class EdgeCaller {
  readonly #servers: readonly SipServer[];

  constructor({ servers, plainAnywhere, log }: EdgeCallerOptions) {
    const requests = {
      routes: new Map<string, never>(),
      // Of a dialog that nobody has any more.
      fallback: (
        _req: unknown,
        res: { send(status: number, phrase: undefined, options: object, sent: () => void): void },
      ) => res.send(481, undefined, {}, () => undefined),
    };
    this.#servers = servers.map(
      (place) =>
        new SipServer({
          place,
          plainAnywhere,
          log,
          tags: [],
          requests: () => requests,
          limits: defaultSipLimits,
        }),
    );
  }

  /** Resolves when one is connected, or each of them was tried, or after that long. */
  start(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      for (const server of this.#servers)
        server.start(() => {
          clearTimeout(timer);
          resolve();
        });
    });
  }

  createUAC(uri: string, options: { headers: Record<string, string>; localSdp: string }): Promise<unknown> {
    const stack = this.#servers.find((server) => server.stack !== null)?.stack;
    return stack ? stack.invite(uri, options) : Promise.reject(new Error('no SIP server is connected'));
  }

  close(): void {
    for (const server of this.#servers) server.close();
  }
}
