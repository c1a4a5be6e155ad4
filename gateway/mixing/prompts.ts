import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MixingError } from './errors.ts';

/** Names that mean nothing to FreeSWITCH's command lines, which know no quoting that holds. */
export const plainPath = /^\/?[\w.-]+(?:\/[\w.-]+)*\/?$/;

/** Music that is played over and over: so many times in one command, without a gap. */
const repeats = 50;

/** The files that callers hear, as the gateway and as FreeSWITCH find them. */
export class PromptFiles {
  readonly #own: string;
  readonly #theirs: string;

  /** @param theirs the same folder where FreeSWITCH runs. Throws PROMPT_FOLDER_UNUSABLE. */
  constructor(own: string, theirs: string) {
    this.#own = own;
    this.#theirs = theirs.replace(/\/$/, '');
    if (!theirs.startsWith('/') || !plainPath.test(theirs))
      throw new MixingError(
        'PROMPT_FOLDER_UNUSABLE',
        `FreeSWITCH can’t be told to play files of the folder “${theirs}”.`,
        'Set freeswitch.promptFolder to an absolute path of letters, digits, “.”, “_” and “-”.',
      );
  }

  /** What FreeSWITCH is told to play; null: a file is not there, or not below the folder. */
  source(files: readonly string[], loop = false): string | null {
    if (files.length === 0 || !files.every((file) => this.#isPrompt(file))) return null;
    const once = files.map((file) => `${this.#theirs}/${file}`);
    if (!loop) return once.length === 1 ? (once[0] ?? null) : `file_string://${once.join('!')}`;
    return `file_string://${Array<string>(repeats).fill(once.join('!')).join('!')}`;
  }

  #isPrompt(file: string): boolean {
    const isBelow = plainPath.test(file) && !file.startsWith('/') && !file.split('/').includes('..');
    return isBelow && existsSync(join(this.#own, file));
  }
}
