import type { PeerCertificate } from 'node:tls';
import type { Config } from '../../config/schema.ts';
import { because, failed, ok, warning } from '../finding.ts';
import type { Finding } from '../finding.ts';
import type { SipPlace } from '../call/sip-place.ts';

export interface SipOutside {
  /** The answer's status, and over TLS what was shown. Rejects when none comes. */
  readonly options: (
    place: SipPlace,
    signal: AbortSignal,
  ) => Promise<{ status: number; certificate: Pick<PeerCertificate, 'valid_to'> | null }>;
}

const dayMs = 86_400_000;
const renewDays = 14;

/** Whether SIP is answered, by each transport, and how long the certificate is good. */
export async function checkSip(
  config: Config,
  places: readonly SipPlace[],
  { options }: SipOutside,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  if (places.length === 0)
    return [
      failed('Nobody has said where SIP is listened on.', {
        why: 'No drachtio-server is connected.',
        todo: 'See the drachtio-servers’ own check.',
      }),
    ];
  const findings = await Promise.all(
    places.map(async (place) => {
      const name = `${place.transport.toUpperCase()} at ${place.host}:${place.port}`;
      try {
        const { status, certificate } = await options(place, signal);
        return { answered: status < 300, name, status, goodUntil: certificate?.valid_to, silent: [] };
      } catch (error) {
        return { answered: false, name, status: null, silent: [unanswered(name, error, place, config)] };
      }
    }),
  );
  const answered = findings.filter((one) => one.answered).map(({ name }) => name);
  const refused = findings.filter(({ status, answered }) => status !== null && !answered);
  // TLS and WSS mostly show the same one.
  const ends = new Set(findings.flatMap(({ goodUntil }) => goodUntil ?? []));
  return [
    ...(answered.length > 0 ? [ok(`OPTIONS is answered over ${answered.join(', ')}`)] : []),
    ...[...ends].map((validTo) => certificateFinding(validTo, Date.now())),
    ...findings.flatMap(({ silent }) => silent),
    ...refused.map(({ name, status }) =>
      failed(`SIP over ${name} answers OPTIONS with ${status ?? 0}.`, {
        why: 'No gateway stands behind it, it is being stopped, or it is overloaded.',
        todo: 'See the gateway’s log; with a drachtio-server, that only gateways of yours are connected to it.',
      }),
    ),
  ];
}

function unanswered(name: string, error: unknown, { transport }: SipPlace, { sip }: Config): Finding {
  if (transport === 'tls' && sip.tls.clients === 'require')
    return warning(`SIP over ${name} could not be tried.`, {
      why: 'sip.tls.clients: require lets nobody in without a certificate, and the doctor has none.',
      todo: 'Nothing, when your trunks’ calls come in.',
    });
  return failed(`SIP over ${name} is not answered.`, {
    why: because(error),
    todo: 'See the gateway’s log for the SIP edge, and firewalls on this machine.',
  });
}

function certificateFinding(validTo: string, nowMs: number): Finding {
  const leftDays = Math.floor((Date.parse(validTo) - nowMs) / dayMs);
  if (leftDays >= renewDays) return ok(`its certificate is good for ${leftDays} days`);
  const advice = {
    why: 'Devices and trunks that check certificates call no more when it has ended.',
    todo: 'Renew it and put it at sip.tls.certificate; the gateway reads it again by itself.',
  };
  if (leftDays < 0) return failed(`SIP’s certificate has ended on ${validTo}.`, advice);
  return warning(`SIP’s certificate ends in ${leftDays} days.`, advice);
}
