import type { HttpServerOptions } from './context.ts';
import { HttpProblem } from './problems.ts';

/** The wished one, if the dial plan knows it: nobody could call into a meeting of another. */
export function tenantOf(wished: string | undefined, { tenant, plans }: HttpServerOptions): string {
  if (wished === undefined || wished === tenant) return tenant;
  if (plans.hasTenant(wished)) return wished;
  throw new HttpProblem('TENANT_UNKNOWN');
}
