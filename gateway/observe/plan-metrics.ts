import { Counter, type Registry } from 'prom-client';

/** Dial plans, as Prometheus sees them. */
export interface PlanMetrics {
  /** Something was done to plans: `plan.published`, `canary.taken-back` and the like. */
  plansChanged(action: string): void;
  /** A call is over while a canary runs. */
  canaryCall(side: 'candidate' | 'rest', outcome: 'served' | 'failed'): void;
}

export function createPlanMetrics(registry: Registry): PlanMetrics {
  const registers = [registry];
  const changes = new Counter({
    name: 'gateway_plan_changes_total',
    help: 'Changes of plans that this gateway made, by action',
    labelNames: ['action'],
    registers,
  });
  const calls = new Counter({
    name: 'gateway_plan_canary_calls_total',
    help: 'Calls that ended here while a canary ran, by whether its candidate or the rest had them, and outcome',
    labelNames: ['side', 'outcome'],
    registers,
  });
  return {
    plansChanged: (action) => changes.inc({ action }),
    canaryCall: (side, outcome) => calls.inc({ side, outcome }),
  };
}
