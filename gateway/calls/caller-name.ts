import type { Resolution } from '../../dialplans/types.ts';
import type { Leg, Role } from '../ports.ts';
import { callerIdentity } from '../rooms/identity.ts';
import type { CallerName } from '../rooms/identity.ts';
import type { CallDeps } from './call-deps.ts';

/** Who a call is in its room. */
export function callerName(
  { id, facts }: Leg,
  { route }: Resolution,
  role: Role,
  { hideNumbers, identitySecret }: Pick<CallDeps, 'hideNumbers' | 'identitySecret'>,
  taken: (identity: string) => boolean,
): CallerName {
  return callerIdentity({
    number: facts.from.user,
    calledNumber: facts.to.user,
    callId: id,
    wireCallId: facts.wireCallId,
    trunk: facts.trunk,
    rule: route.rule,
    hostname: facts.from.host,
    role,
    hideNumbers,
    secret: identitySecret,
    taken,
  });
}
