import { maxFileBytes } from '../../dialplans/yaml.ts';

/** Of requests that hold a plan's text: JSON escapes quotes and ends of lines, and non-ASCII as it likes. */
export const planBodyLimit = 4 * maxFileBytes;
