import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { OwnedPlan } from '../plans/desk.ts';
import { showCanary } from './canaries.ts';
import type { HttpServerOptions } from './context.ts';
import type { planSummary, planView } from './plan-schemas.ts';

type Plans = HttpServerOptions['plans'];

export function summaryOf(plans: Plans, plan: OwnedPlan): z.infer<typeof planSummary> {
  const { text: _text, canary, ...facts } = plan;
  return { ...facts, ...plans.counts(plan), canary: canary && showCanary(canary) };
}

/** With its ETag, which the next change has to name. */
export function answerPlan(reply: FastifyReply, plans: Plans, plan: OwnedPlan): z.infer<typeof planView> {
  reply.header('etag', `"${plan.etag}"`);
  return { ...summaryOf(plans, plan), text: plan.text };
}
