import { placeName, withEsl } from './esl.ts';
import type { EslPlace } from './esl.ts';
import { MixingError } from './errors.ts';

/** What a FreeSWITCH says of itself before it is used. */
export interface CheckedFreeSwitch {
  readonly version: string;
  /** Address of ours that leads to it. */
  readonly ownAddress: string;
}

/** Name of the SIP profile that the gateway calls. */
export const sipProfile = 'drachtio_mrf';
const needsModules = ['mod_conference', 'mod_event_socket', 'mod_sndfile', 'mod_opus', 'mod_spandsp'];
const oldest = [1, 10] as const;

/**
 * Looks whether a FreeSWITCH can be used, by a plain event socket connection of its own: drachtio-fsmrf never ends
 * with a wrong secret, and throws in a callback when the SIP profile is missing.
 * Throws `MixingError`s that say what to do.
 */
export function checkFreeSwitch(place: EslPlace, signal?: AbortSignal): Promise<CheckedFreeSwitch> {
  return withEsl(
    place,
    async ({ api, ownAddress }) => {
      const [text, status, ...loaded] = await Promise.all(
        ['version', 'sofia status', ...needsModules.map((module) => `module_exists ${module}`)].map(api),
      );
      const version = checkedVersion(place, text);
      checkProfile(place, status);
      for (const [i, module] of needsModules.entries())
        if (loaded[i].trim() !== 'true') throw moduleMissing(place, module);
      return { version, ownAddress };
    },
    signal,
  );
}

function checkedVersion(place: EslPlace, text: string): string {
  const found = /(\d+)\.(\d+)\S*/.exec(text);
  const [major, minor] = [Number(found?.[1]), Number(found?.[2])];
  if (found && (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])))
    return found[0].replace(/[~+].*/, '');
  throw new MixingError(
    'FREESWITCH_VERSION',
    `FreeSWITCH at ${placeName(place)} says “${text.trim().slice(0, 80)}”; ${oldest.join('.')} or later is needed.`,
    'Install a newer FreeSWITCH.',
  );
}

function checkProfile(place: EslPlace, status: string): void {
  // drachtio-fsmrf reads the address from this very line, and knows IPv4 only.
  const line = new RegExp(`^\\s*${sipProfile}\\s.*sip:mod_sofia@\\d+\\.\\d+\\.\\d+\\.\\d+:\\d+`, 'm').exec(
    status,
  );
  if (line) return;
  throw new MixingError(
    'FREESWITCH_NO_PROFILE',
    `FreeSWITCH at ${placeName(place)} has no running SIP profile “${sipProfile}” on an IPv4 address.`,
    'Give it the configuration of deploy/freeswitch, and look into its log for why the profile does not start.',
  );
}

function moduleMissing(place: EslPlace, module: string): MixingError {
  return new MixingError(
    'FREESWITCH_MODULE_MISSING',
    `FreeSWITCH at ${placeName(place)} has not loaded ${module}.`,
    'Install the module, and load it in modules.conf (deploy/freeswitch does).',
  );
}
