import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../../gateway/config/load.ts';
import type { Config } from '../../../../gateway/config/schema.ts';
import { checkFreeSwitches } from '../../../../gateway/doctor/checks/freeswitch.ts';
import type { Answers } from '../../../../gateway/doctor/checks/freeswitch.ts';
import { MixingError } from '../../../../gateway/mixing/errors.ts';

const never = new AbortController().signal;

function config(env: Record<string, string> = {}): Config {
  const own = { MIXING: 'freeswitch', FREESWITCH_SECRET: 'a secret of its own' };
  return loadConfig({ argv: [], env: { ...own, ...env }, folder: '/nowhere' });
}

const well: Answers = {
  'sofia status': '   drachtio_mrf\tprofile\t  sip:mod_sofia@127.0.0.1:5080\tRUNNING (0)\n',
  'show codec': [
    'type,name,ikey',
    'codec,G.711 alaw,CORE_PCM_MODULE',
    'codec,G.711 ulaw,CORE_PCM_MODULE',
    'codec,G.722,mod_spandsp',
    'codec,H264 Video,mod_av',
    'codec,OPUS (STANDARD),mod_opus',
    'codec,VP8 Video,CORE_VPX_MODULE',
  ].join('\n'),
  'xml_locate configuration configuration name switch.conf':
    '<param name="rtp-start-port" value="40000"></param><param name="rtp-end-port" value="49999"></param><param name="event-heartbeat-interval" value="2"></param>',
  'global_getvar rtp_secure_media': 'forbidden',
  'module_exists mod_av': 'true',
  'module_exists mod_png': 'true',
};

const says = (answers: Partial<Answers> = {}) => ({
  check: () => Promise.resolve({ version: '1.11.1-release' }),
  ask: () => Promise.resolve({ ...well, ...answers }),
});

describe('FreeSWITCH', () => {
  it('that has all it needs is ok', async () => {
    expect(await checkFreeSwitches(config(), says(), never)).toEqual([
      {
        state: 'ok',
        what: 'FreeSWITCH 1.11.1-release at 127.0.0.1:8021 has all that is needed, RTP ports 40000–49999',
      },
    ]);
  });

  it.each<[string, Partial<Answers>, RegExp]>([
    [
      'a stopped profile',
      { 'sofia status': '  drachtio_mrf profile sip:mod_sofia@127.0.0.1:5080 DOWN\n' },
      /is DOWN\.$/,
    ],
    ['no profile', { 'sofia status': '0 profiles' }, /is not there\.$/],
    ['no G.722', { 'show codec': well['show codec'].replace('G.722', 'Speex') }, /does not have G\.722\.$/],
    ['no mod_png', { 'module_exists mod_png': 'false' }, /has not loaded mod_png\.$/],
    ['encryption', { 'global_getvar rtp_secure_media': '' }, /^rtp_secure_media .* is not set\.$/],
    [
      'rare signs of life',
      { 'xml_locate configuration configuration name switch.conf': '' },
      /a sign of life every 20 s\.$/,
    ],
  ])('with %s is failed', async (_name, answers, what) => {
    const findings = await checkFreeSwitches(config(), says(answers), never);
    expect(findings.find(({ state }) => state === 'failed')?.what).toMatch(what);
  });

  it('without pictures needs neither H.264 nor their modules', async () => {
    const bare = {
      'module_exists mod_av': 'false',
      'show codec': well['show codec'].replace('H264', 'H261'),
    };
    const off = { GATEWAY_VIDEO_ENABLED: 'off' };
    expect(await checkFreeSwitches(config(off), says(bare), never)).toMatchObject([{ state: 'ok' }]);
  });

  it('whose RTP ports are the gateway’s too, or few, is a warning', async () => {
    const switchConf = (first: number, last: number): Partial<Answers> => ({
      'xml_locate configuration configuration name switch.conf': `<param name="rtp-start-port" value="${first}"/><param name="rtp-end-port" value="${last}"/><param name="event-heartbeat-interval" value="2"/>`,
    });
    const [overlap] = await checkFreeSwitches(config(), says(switchConf(25_000, 35_000)), never);
    expect(overlap).toMatchObject({ state: 'warning' });
    expect(overlap.what).toContain('(25000–35000) overlap with the gateway’s.');
    const [few] = await checkFreeSwitches(config(), says(switchConf(40_000, 40_099)), never);
    expect(few.what).toContain('are enough for 50 callers without pictures.');
  });

  it('with a secret that everybody knows is failed off loopback, and a warning on it', async () => {
    const known = { FREESWITCH_SECRET: 'ClueCon' };
    const [here] = await checkFreeSwitches(config(known), says(), never);
    expect(here.state).toBe('warning');
    const [there] = await checkFreeSwitches(config({ ...known, FREESWITCH_HOST: '10.0.0.5' }), says(), never);
    expect(there).toMatchObject({
      state: 'failed',
      what: 'The secret of FreeSWITCH at 10.0.0.5:8021 is one that everybody knows.',
    });
    expect(JSON.stringify(there)).not.toContain('ClueCon');
  });

  it('that refuses us says what the gateway would say', async () => {
    const refuses = () =>
      Promise.reject(
        new MixingError('FREESWITCH_SECRET_WRONG', 'It does not take the secret.', 'Set FREESWITCH_SECRET.'),
      );
    expect(await checkFreeSwitches(config(), { ...says(), check: refuses }, never)).toEqual([
      {
        state: 'failed',
        what: 'FreeSWITCH at 127.0.0.1:8021 can’t be used.',
        why: 'It does not take the secret.',
        todo: 'Set FREESWITCH_SECRET.',
      },
    ]);
  });
});
