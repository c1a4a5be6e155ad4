import type { PlanProblem } from '../../dialplans/errors.ts';
import { GatewayError } from '../errors.ts';
import type { StoredCanary, StoredPlan } from './stored.ts';

/** With these texts no call could be routed rightly. */
export class PlanInvalid extends GatewayError {
  readonly problems: readonly PlanProblem[];

  constructor(problems: readonly PlanProblem[]) {
    const more = problems.length > 1 ? `, and ${problems.length - 1} more` : '';
    const first = problems.at(0);
    const where =
      first === undefined ? '' : `: ${first.file}:${first.line}:${first.column}: ${first.message}`;
    super({
      code: 'PLAN_INVALID',
      httpStatus: 422,
      message: `The plans can’t be used together${where}${more}.`,
      remedy: 'Mend what "problems" names; nothing was changed, and calls go on with the last good plans.',
    });
    this.problems = problems;
  }
}

export class PlanNotFound extends GatewayError {
  constructor(name: string) {
    super({
      code: 'PLAN_NOT_FOUND',
      httpStatus: 404,
      message: `There is no plan “${name}”.`,
      remedy: 'List them with GET /api/v1/plans.',
    });
  }
}

export class PlanVersionNotFound extends GatewayError {
  constructor(name: string, version: number) {
    super({
      code: 'PLAN_VERSION_NOT_FOUND',
      httpStatus: 404,
      message: `The plan “${name}” has no version ${version}.`,
      remedy: `List them with GET /api/v1/plans/${name}/versions.`,
    });
  }
}

/** A file has one owner: whoever edits it. */
export class PlanIsAFile extends GatewayError {
  constructor(name: string) {
    super({
      code: 'PLAN_IS_A_FILE',
      httpStatus: 403,
      message: `The plan “${name}” is a file, which is changed where it is.`,
      remedy: `Edit the file, or take it over into the database (POST /api/v1/plans/${name}/take-over) and change it there.`,
    });
  }
}

/** Somebody else was faster. */
export class PlanVersionConflict extends GatewayError {
  /** Null: the plan is gone. */
  readonly current: { version: number; by: string; at: string; note: string | null } | null;

  constructor(name: string, now: StoredPlan | null, wanted: string) {
    const state =
      now === null
        ? `There is no plan “${name}” any more`
        : `“${name}” is at version ${now.version}, which ${now.updatedBy} made at ${now.updatedAt}${now.note === null ? '' : ` (“${now.note}”)`}`;
    super({
      code: 'PLAN_VERSION_CONFLICT',
      httpStatus: 412,
      message: `${state}; this change was made for ${wanted}.`,
      remedy:
        now === null
          ? 'List the plans, and publish it as a new one (If-None-Match: *) if it is still wanted.'
          : `Look at GET /api/v1/plans/${name} and its diff, make the change on that version, and send If-Match: "v${now.version}".`,
    });
    this.current = now && { version: now.version, by: now.updatedBy, at: now.updatedAt, note: now.note };
  }
}

export class PreconditionMissing extends GatewayError {
  constructor() {
    super({
      code: 'PRECONDITION_REQUIRED',
      httpStatus: 428,
      message: 'The request does not say which version it changes.',
      remedy:
        'Send If-Match with the ETag of GET /api/v1/plans/<name>, such as "v3"; for a new plan If-None-Match: *.',
    });
  }
}

/** One try at a time, and nothing else with its plan meanwhile. */
export class CanaryRunning extends GatewayError {
  constructor({ plan, version }: StoredCanary) {
    super({
      code: 'CANARY_RUNNING',
      httpStatus: 409,
      message: `Version ${version} of “${plan}” is being tried with some calls.`,
      remedy: `Promote it (POST /api/v1/plans/${plan}/canary/promote) or end it (DELETE /api/v1/plans/${plan}/canary) first.`,
    });
  }
}

export class CanaryNotFound extends GatewayError {
  constructor(name: string) {
    super({
      code: 'CANARY_NOT_FOUND',
      httpStatus: 404,
      message: `No version of “${name}” is being tried.`,
      remedy: `Begin with POST /api/v1/plans/${name}/canary.`,
    });
  }
}

export class CanaryUnusable extends GatewayError {
  constructor(why: string, remedy: string) {
    super({ code: 'CANARY_UNUSABLE', httpStatus: 422, message: why, remedy });
  }
}

export class PlanNameTaken extends GatewayError {
  constructor(name: string) {
    super({
      code: 'PLAN_NAME_TAKEN',
      httpStatus: 409,
      message: `There is a plan “${name}” already.`,
      remedy: 'Choose another name.',
    });
  }
}

export class PlanNameUnusable extends GatewayError {
  constructor(name: string) {
    super({
      code: 'PLAN_NAME_UNUSABLE',
      httpStatus: 422,
      message: `“${name.slice(0, 80)}” can’t be the name of a plan of the database.`,
      remedy:
        'Use 1–64 letters, digits, dots, dashes or underscores; names that end in .yaml or .yml are those of files.',
    });
  }
}

/** A check that did not come to its end: its thread died or hung, or was called off. */
export class PlanCheckFailed extends GatewayError {
  constructor(why: string, cause?: unknown) {
    super({
      code: 'PLAN_CHECK_FAILED',
      httpStatus: 503,
      message: `The plans could not be checked: ${why}.`,
      remedy:
        'Nothing was changed, and calls go on with the last good plans. Try again; if it stays so, look at the memory and the load of the machine, and split very large plans.',
      cause,
    });
  }
}

/** So many large plans wait to be looked at that this one found no place. */
export class ChecksBusy extends GatewayError {
  constructor() {
    super({
      code: 'PLAN_CHECKS_BUSY',
      httpStatus: 503,
      message: 'Many large plans are being checked at this moment.',
      remedy: 'Try again in a moment.',
    });
  }
}

/** So many changes came at once that this one found no turn. */
export class PlansBusy extends GatewayError {
  constructor() {
    super({
      code: 'PLANS_BUSY',
      httpStatus: 503,
      message: 'Other gateways change plans at this moment; nothing was changed.',
      remedy: 'Try again.',
    });
  }
}
