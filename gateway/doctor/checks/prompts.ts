import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { readWav } from '../../../mcu/prompts/wav.ts';
import { messageOf } from '../../errors.ts';
import { MUSIC, promptFile, promptIds, promptLanguages, TONES } from '../../prompts/prompts.ts';
import { failed, ok } from '../finding.ts';
import type { Finding } from '../finding.ts';

/** Every sound that a caller may be played, tenants' own among them, read as the media node reads it. */
export function checkPrompts(folder: string): readonly Finding[] {
  const files = [
    ...promptLanguages.flatMap((language) => promptIds.map((id) => promptFile(id, language))),
    MUSIC,
    ...Object.values(TONES),
    ...tenantSounds(folder),
  ];
  const broken = files.flatMap((file) => {
    try {
      readWav(readFileSync(join(folder, file)), file);
      return [];
    } catch (error) {
      return [{ file, why: messageOf(error) }];
    }
  });
  if (broken.length === 0) return [ok(`${files.length} sounds in ${folder}`)];
  return [
    failed(`Sounds can’t be played: ${listed(broken.map(({ file }) => file))}.`, {
      why: `${broken[0].why}; callers hear nothing where it should be.`,
      todo: `Put the files into ${folder} (WAV, 16 bits, mono), or take the prompts that ship: media.promptFolder left empty.`,
    }),
  ];
}

/** `tenants/acme/en/sales.wav`: whatever a plan may name. */
function tenantSounds(folder: string): readonly string[] {
  const tenants = join(folder, 'tenants');
  if (!existsSync(tenants)) return [];
  return readdirSync(tenants, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.wav'))
    .map((file) => `tenants/${file.replaceAll(sep, '/')}`)
    .sort();
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
