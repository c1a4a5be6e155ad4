/** RTCP feedback in SDP: `a=rtcp-fb` (RFC 4585 §4.2, RFC 5104 §7.1). */
import type { VideoFeedback } from '../ports.ts';
import type { SdpMedia } from './sdp.ts';

/** What we do, in SDP's words. */
const words = {
  nack: 'nack',
  pli: 'nack pli',
  fir: 'ccm fir',
  tmmbr: 'ccm tmmbr',
} as const satisfies Record<keyof VideoFeedback, string>;

const kinds = Object.keys(words) as readonly (keyof VideoFeedback)[];

export interface AgreedFeedback {
  readonly feedback: VideoFeedback;
  /** What our answer says of it, each as it was offered: for a payload type or for all. */
  readonly lines: readonly string[];
}

/**
 * What a line offers of what we do. Room systems write it beside RTP/AVP too and mean it. What we don't know is left
 * out: RFC 4585 §4.2 has it ignored.
 */
export function agreedFeedback(media: SdpMedia, payloadType: number): AgreedFeedback {
  const offered = media.attributes.flatMap(({ name, value }) =>
    name === 'rtcp-fb' ? readFeedback(value, String(payloadType)) : [],
  );
  const lines = kinds.flatMap((kind) => {
    const found = offered.find((one) => one.kind === kind);
    return found ? [`a=rtcp-fb:${found.types} ${words[kind]}`] : [];
  });
  const has = (kind: keyof VideoFeedback): boolean => offered.some((one) => one.kind === kind);
  return {
    feedback: { nack: has('nack'), pli: has('pli'), fir: has('fir'), tmmbr: has('tmmbr') },
    lines,
  };
}

/** In our own offers. */
export const ownFeedback: readonly string[] = kinds.map((kind) => `a=rtcp-fb:* ${words[kind]}`);

/** One line; its `types` are the payload type or `*`. Several words of `ccm` in one, as the Poly HDX has them, count each. */
function readFeedback(
  value: string,
  payloadType: string,
): { readonly kind: keyof VideoFeedback; readonly types: string }[] {
  const [types, name, ...parameters] = value.split(/\s+/);
  if (types !== '*' && types !== payloadType) return [];
  const said = parameters.flatMap((word) => word.split('|'));
  switch (name) {
    case 'nack':
      if (said.length === 0) return [{ kind: 'nack', types }];
      return said.join(' ') === 'pli' ? [{ kind: 'pli', types }] : [];
    case 'ccm':
      return (['fir', 'tmmbr'] as const).flatMap((kind) => (said.includes(kind) ? [{ kind, types }] : []));
    default:
      return [];
  }
}
