/** SIP messages as tests read them; shares no code with the product. */

/** A message as it came. */
export interface SipText {
  readonly first: string;
  /** Requests only. */
  readonly method: string;
  /** Requests only: the Request-URI. */
  readonly uri: string;
  /** Responses only, else 0. */
  readonly status: number;
  /** First value by lower-case name. */
  readonly headers: Readonly<Partial<Record<string, string>>>;
  readonly all: (name: string) => readonly string[];
  readonly body: string;
  readonly raw: string;
  /** Sends back by the way it came. */
  readonly reply: (text: string) => void;
}

/** A plain G.711 offer or answer. */
export function plainSdp(port = 40_000, address = '127.0.0.1'): string {
  return [
    'v=0',
    `o=- 1 1 IN IP4 ${address}`,
    's=-',
    `c=IN IP4 ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 0 101`,
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:101 telephone-event/8000',
    '',
  ].join('\r\n');
}

export function parseText(raw: string, reply: (text: string) => void): SipText {
  const end = raw.indexOf('\r\n\r\n');
  const [first = '', ...lines] = raw.slice(0, end < 0 ? undefined : end).split('\r\n');
  const fields = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  const headers: Partial<Record<string, string>> = {};
  for (const [name, value] of fields) headers[name] ??= value;
  const isResponse = first.startsWith('SIP/2.0 ');
  const [word = '', second = ''] = first.split(' ');
  return {
    first,
    method: isResponse ? '' : word,
    uri: isResponse ? '' : second,
    status: isResponse ? Number(second) : 0,
    headers,
    all: (name) => fields.filter(([key]) => key === name.toLowerCase()).map(([, value]) => value),
    body: end < 0 ? '' : raw.slice(end + 4),
    raw,
    reply,
  };
}

export function cseqMethod(message: SipText): string {
  return message.headers.cseq?.split(' ')[1] ?? '';
}
