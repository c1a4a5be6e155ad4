import type { CallFacts } from '../../gateway/ports.ts';

/** An ordinary phone's call. */
export function callFacts(more: Partial<CallFacts> = {}): CallFacts {
  return {
    protocol: 'sip',
    transport: 'udp',
    source: { address: '192.0.2.7', port: 5060 },
    from: { uri: 'sip:200@pbx.example', user: '200', host: 'pbx.example', displayName: '' },
    to: { uri: 'sip:1000@gateway.example', user: '1000', host: 'gateway.example', displayName: '' },
    trunk: null,
    wireCallId: 'call-1',
    headers: {},
    verstat: 'none',
    language: null,
    ...more,
  };
}
