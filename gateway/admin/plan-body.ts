import { maxFileBytes } from '../../dialplans/yaml.ts';

/** For routes at which plans are checked: the largest have their time, once as they are and once with a canary's text. */
export const forChecks = { handlerTimeout: 150_000 };

/** For those of them that take a plan's text; JSON escapes quotes and ends of lines, and non-ASCII as it likes. */
export const forPlanTexts = { ...forChecks, bodyLimit: 4 * maxFileBytes };
