import { failed, leftOut, ok } from '../finding.ts';
import type { Finding } from '../finding.ts';
import type { Parts } from '../running.ts';

/** Whether a gateway runs with this configuration, and how it says that it is. */
export function gatewayFindings(parts: Parts | null, where: string): readonly Finding[] {
  if (parts === null)
    return [leftOut(`none answers at ${where}`, 'what needs one that runs is left out: SIP, and the calls')];
  const { sip, rooms, records, plans, media } = parts;
  const all = [
    ['SIP', sip] as const,
    ['rooms', rooms] as const,
    ['records', records] as const,
    ['plans', plans] as const,
    ...media.map((node) => [`media ${node.id}`, node] as const),
    ...media.map((node) => [`mixing engine of ${node.id}`, { ...node.engine, detail: undefined }] as const),
  ];
  const down = all.filter(([, { state }]) => state !== 'up');
  if (down.length === 0) return [ok(`runs at ${where}, all its parts are up`)];
  return down.map(([name, { state, detail }]) =>
    failed(`It runs at ${where}, but ${name} is ${state}.`, {
      why: detail ?? 'The part does not answer.',
      todo: 'See the gateway’s log; a part that died is started again by itself.',
    }),
  );
}
