import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { OwnedPlan } from '../plans/owned-plan.ts';
import { showCanary } from './canaries.ts';
import type { HttpServerOptions } from './context.ts';
import type { planSummary, planView } from './plan-schemas.ts';

type Plans = HttpServerOptions['plans'];

export async function summaryOf(plans: Plans, plan: OwnedPlan): Promise<z.infer<typeof planSummary>> {
  const { text: _text, canary, ...facts } = plan;
  return { ...facts, ...(await plans.counts(plan)), canary: canary && showCanary(canary) };
}

/** With its ETag, which the next change has to name. */
export async function answerPlan(
  reply: FastifyReply,
  plans: Plans,
  plan: OwnedPlan,
): Promise<z.infer<typeof planView>> {
  reply.header('etag', `"${plan.etag}"`);
  return { ...(await summaryOf(plans, plan)), text: plan.text };
}
