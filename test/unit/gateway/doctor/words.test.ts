import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../../gateway/config/load.ts';
import type { Checked } from '../../../../gateway/doctor/check.ts';
import { discreet, secretsOf } from '../../../../gateway/doctor/discreet.ts';
import { failed, leftOut, ok, warning } from '../../../../gateway/doctor/finding.ts';
import type { Finding } from '../../../../gateway/doctor/finding.ts';
import { inJson, inWords, isWell, summary } from '../../../../gateway/doctor/print.ts';

const checked = (...findings: Finding[]): Checked => ({
  id: 'ports',
  title: 'ports',
  state: findings[0].state,
  findings,
  tookMs: 12,
});

describe('what the doctor prints', () => {
  it('has a line for what is well, and why and what to do where something is wrong', () => {
    const text = inWords(
      checked(
        ok('8080 is free'),
        failed('5060 is taken.', { why: 'The gateway\ncould not start.', todo: 'End it.' }),
      ),
    );
    expect(text).toBe(
      [
        'ok        ports             8080 is free',
        'FAILED                      5060 is taken.',
        '                            why: The gateway',
        '                                 could not start.',
        '                            do:  End it.',
        '',
      ].join('\n'),
    );
  });

  it('counts at the end, and only failures make it end with 1', () => {
    const doubtful = checked(warning('few ports', { why: 'w', todo: 't' }), leftOut('calls', 'no gateway'));
    const broken = checked(failed('taken', { why: 'w', todo: 't' }));
    expect(summary([doubtful], 4_400)).toBe('Nothing failed, 1 warning, 1 left out, in 4 s.\n');
    expect(summary([doubtful, broken], 4_400)).toBe('1 failed, 1 warning, 1 left out, in 4 s.\n');
    expect([isWell([doubtful]), isWell([doubtful, broken])]).toEqual([true, false]);
  });

  it('says the same as JSON', () => {
    const report: unknown = JSON.parse(inJson([checked(ok('8080 is free'))], []));
    expect(report).toEqual({
      ok: true,
      checks: [
        {
          id: 'ports',
          title: 'ports',
          state: 'ok',
          tookMs: 12,
          findings: [{ state: 'ok', what: '8080 is free' }],
        },
      ],
    });
  });

  it('shows no secret of the configuration and no full number, whatever messages of others hold', () => {
    const config = loadConfig({
      argv: [],
      env: {
        GATEWAY_ADMIN_TOKEN: 'the-admin-token',
        LIVEKIT_URL: 'ws://livekit.example',
        LIVEKIT_API_KEY: 'key',
        LIVEKIT_API_SECRET: 'livekits-secret',
        DRACHTIO_SECRET: 'drachtios-secret',
        DATABASE_URL: 'postgres://gateway:p%40ssword@db.example/gateway',
      },
      folder: '/nowhere',
    });
    const message =
      'the-admin-token livekits-secret drachtios-secret p%40ssword p@ssword called +4930123456 at 192.0.2.10:5060';
    const text = discreet(message, secretsOf(config));
    expect(text).toBe('[hidden] [hidden] [hidden] [hidden] [hidden] called …56 at 192.0.2.10:5060');
    expect(inWords(checked(failed(message, { why: message, todo: message })), secretsOf(config))).not.toMatch(
      /admin-token|s-secret|ssword|4930/,
    );
  });
});
