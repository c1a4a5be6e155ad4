import { SipParseError } from './errors.ts';
import { formatParams, isToken, parseParams, splitOutside, trimBlank } from './text.ts';
import type { Params } from './text.ts';
import { formatHost, parseHostPort } from './uri.ts';

/** RFC 3261 §20.42. */
export interface Via {
  /** `SIP/2.0` */
  readonly protocol: string;
  /** In upper case: `UDP`, `TCP`, … */
  readonly transport: string;
  /** IPv6 without brackets. */
  readonly host: string;
  readonly port?: number;
  readonly branch?: string;
  /** All parameters, the branch too. */
  readonly params: Params;
}

/** What RFC 3261 transactions put at the start of each branch (§8.1.1.7). */
export const branchCookie = 'z9hG4bK';

/** Throws `SipParseError`. Takes blanks wherever the grammar allows them (RFC 4475 §3.1.1.1). */
export function parseVia(text: string): Via {
  const via = readVia(text);
  if (via === undefined) throw new SipParseError('SIP_VIA', 'a malformed Via');
  return via;
}

function readVia(text: string): Via | undefined {
  const [sent = '', ...paramTexts] = splitOutside(text, ';');
  const [name = '', version = '', ...after] = sent.split('/');
  const place = /^[ \t]*([^ \t]+)[ \t]+([^ \t].*)$/.exec(after.join('/'));
  const transport = place?.[1] ?? '';
  const sentBy = parseHostPort((place?.[2] ?? '').split(':').map(trimBlank).join(':'));
  const params = parseParams(paramTexts);
  const protocol = `${trimBlank(name).toUpperCase()}/${trimBlank(version)}`;
  if (protocol !== 'SIP/2.0' || !isToken(transport) || sentBy === undefined || params === undefined) {
    return undefined;
  }
  const branch = params.get('branch');
  return {
    protocol,
    transport: transport.toUpperCase(),
    ...sentBy,
    ...(branch !== undefined && branch !== '' && { branch }),
    params,
  };
}

/** `branch` counts where it differs from the one in `params`. */
export function formatVia(via: Via): string {
  const params = new Map(via.params);
  if (via.branch !== undefined) params.set('branch', via.branch);
  const port = via.port === undefined ? '' : `:${via.port}`;
  return `${via.protocol}/${via.transport} ${formatHost(via.host)}${port}${formatParams(params)}`;
}

/** The address that the next hop saw; brackets are optional (RFC 5118 §4.5). */
export function receivedOf(via: Via): string | undefined {
  const received = via.params.get('received');
  if (received === undefined || received === '') return undefined;
  return received.startsWith('[') && received.endsWith(']') ? received.slice(1, -1) : received;
}
