import { LegError } from '../errors.ts';
import { capabilities, tokens } from './capabilities.ts';
import { within } from './deadline.ts';
import type { LegLife } from './leg-life.ts';
import type { SipLegOptions } from './leg-options.ts';
import type { SendOptions } from './srf-messages.ts';
import { respond } from './srf.ts';

type Way = 'reliably' | 'plainly';

/** What a caller is told before its answer, one thing after the other. */
export class Progress {
  readonly #options: Pick<SipLegOptions, 'req' | 'res' | 'body' | 'facts' | 'limits'>;
  readonly #life: LegLife;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: Pick<SipLegOptions, 'req' | 'res' | 'body' | 'facts' | 'limits'>, life: LegLife) {
    this.#options = options;
    this.#life = life;
  }

  /** Throws `LegError`. */
  async ring(): Promise<void> {
    const { body } = this.#options;
    const way = this.#has('require') ? 'reliably' : 'plainly';
    // RFC 3262 §5: the first reliable response to an INVITE without offer has to carry ours, and media is not open yet;
    // the 200 will do.
    if (way === 'plainly' || body.kind === 'sdp') await this.#say(180, way, {});
  }

  /**
   * How a caller may hear something before the answer; null: it may not. RFC 3262 §3: to those who know it a 183 goes
   * reliably, so that no announcement is lost with it, and its PRACK shows that the caller is where the INVITE says.
   * Others are believed that when they are a trunk of ours or have a connection. Media to a stranger's datagram would
   * make us an amplifier for forged INVITEs, and whoever has made no offer has no place for any.
   */
  get earlyWay(): Way | null {
    const { body, facts } = this.#options;
    if (body.kind !== 'sdp') return null;
    if (this.#has('require') || this.#has('supported')) return 'reliably';
    return facts.trunk !== null || facts.transport !== 'udp' ? 'plainly' : null;
  }

  /** 183 with our answer. Throws `LegError`. */
  async describe(way: Way, answerSdp: string, headers: Readonly<Record<string, string>>): Promise<void> {
    const more = { ...capabilities, ...headers, 'Content-Type': 'application/sdp' };
    await this.#say(183, way, { headers: more, body: answerSdp });
  }

  #has(field: 'require' | 'supported'): boolean {
    return tokens(this.#options.req.get(field)?.toLowerCase()).includes('100rel');
  }

  async #say(status: number, way: Way, options: SendOptions): Promise<void> {
    const said = this.#last.then(async () => {
      this.#life.throwIfOver();
      if (way === 'reliably') await this.#sayReliably(status, options);
      else await respond(this.#options.res, status, options);
    });
    this.#last = said.catch(() => undefined);
    await said;
  }

  /** RFC 3262 §3: the edge repeats it until its PRACK is here. */
  async #sayReliably(status: number, { headers, body }: SendOptions): Promise<void> {
    const { res, limits } = this.#options;
    const message = { headers: { ...headers, Require: '100rel' }, ...(body !== undefined && { body }) };
    const pracked = await within<boolean>(limits.handshakeMs, this.#life.over, (settle) =>
      res.send(
        status,
        undefined,
        message,
        (error) => {
          if (error !== null && error !== undefined) settle(false);
        },
        () => settle(true),
      ),
    );
    this.#life.throwIfOver();
    if (pracked === null) throw new LegError('peer-unreachable');
  }
}
