import type { SipRequest } from '../../gateway/sip/srf-messages.ts';

/** A request as the SIP library hands it over, without a stack behind it. */
export function fakeRequest(
  fields: Record<string, string>,
  more: { method?: string; uri?: string; body?: string; protocol?: string; address?: string } = {},
): SipRequest {
  const headers = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return {
    headers,
    body: more.body ?? '',
    method: more.method ?? 'INVITE',
    uri: more.uri ?? 'sip:1000@gateway.example',
    source: 'network',
    source_address: more.address ?? '192.0.2.20',
    source_port: 5060,
    protocol: more.protocol ?? 'udp',
    get: (name) => headers[name.toLowerCase()],
    on: () => undefined,
  };
}

/** The fields that every INVITE has. */
export const inviteFields = {
  From: '"Ada L" <sip:+4930123@pbx.example;user=phone>;tag=a1',
  To: '<sip:1000@gateway.example>',
  'Call-ID': 'c1',
  CSeq: '1 INVITE',
  Contact: '<sip:ada@192.0.2.20:5060>',
};
