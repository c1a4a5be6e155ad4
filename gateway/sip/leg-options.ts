import type { AudioCodec, CallFacts, Log, MediaNode, SrtpPolicy } from '../ports.ts';
import type { SdpBody } from './body.ts';
import type { ExposedKeys } from './exposed-keys.ts';
import type { SipLimits } from './limits.ts';
import type { ResolveHost } from './media-address.ts';
import type { SipRequest, SipResponse } from './srf-messages.ts';
import type { SipStack } from './srf.ts';

/** What a leg is made of. */
export interface SipLegOptions {
  readonly facts: CallFacts;
  readonly req: SipRequest;
  readonly res: SipResponse;
  readonly body: Exclude<SdpBody, { kind: 'refused' }>;
  /** What it came by. */
  readonly connection: { readonly server: string; readonly stack: Pick<SipStack, 'accept'> };
  readonly media: Pick<MediaNode, 'openLeg'>;
  /** See `SipEdgeOptions`. */
  readonly publicAddresses: readonly string[];
  /** Audio codecs that calls may use; in our own offers in this order. */
  readonly codecs: readonly AudioCodec[];
  /** Whether media is encrypted. */
  readonly srtp: SrtpPolicy;
  /** Whether it may have video. */
  readonly video: boolean;
  readonly exposedKeys: Pick<ExposedKeys, 'look'>;
  readonly limits: SipLimits;
  readonly resolve: ResolveHost;
  readonly log: Log;
}
