import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { planJsonSchema } from '../../../dialplans/schema/json-schema.ts';

const committed = JSON.parse(
  readFileSync(new URL('../../../dialplans/dial-plan.schema.json', import.meta.url), 'utf8'),
) as Record<string, unknown>;

it('is the one that is committed; npm run dialplan -- schema writes it', () => {
  expect(planJsonSchema()).toEqual(committed);
});

describe('an editor', () => {
  const schema = z.fromJSONSchema(committed);
  const takes = (text: string): boolean => schema.safeParse(parse(`version: 1\n${text}`)).success;

  it('takes what the check takes, as YAML reads it', () => {
    expect(
      takes(`
tenant: acme
secrets: { token: { env: TOKEN } }
trunks: [{ name: carrier, sources: [192.0.2.1], tls: true, ping: 'sip:carrier.example', to: 'sip:carrier.example' }]
numbers: [{ number: 1000, invite: true }]
holidays: { berlin: [2026-12-24..2026-12-26, '01-01'] }
rules:
  - { name: a, priority: 5, match: { called: [1000, 1001], time: { days: mon-fri, hours: '08:00-18:00', not: berlin, zone: Europe/Berlin } }, action: ask-pin }
  - { name: b, match: { called: { prefix: 49 }, header: { X-A: gold } }, transform: { called: { strip: 1, add: '+' } } }
  - name: c
    match: {}
    action: { menu: { prompt: hello, options: { 1: { join: { room: x } }, '*': again, 2: { menu: { prompt: y, options: { 1: back } } } } } }
tests: [{ name: t, call: { called: 1000, at: '2026-11-30T10:00' }, expect: { rule: a, action: ask-pin } }]`),
    ).toBe(true);
  });

  it.each([
    'tenat: acme',
    'rules: [{ match: {}, action: echo }]',
    'rules: [{ name: a, match: { caled: 1 }, action: echo }]',
    'rules: [{ name: a, match: {}, action: dance }]',
    'rules: [{ name: a, match: {}, action: { join: { rom: x } } }]',
    'rules: [{ name: a, match: {}, action: { menu: { prompt: p, options: { 1: { play: { prompt: q, then: dance } } } } } }]',
    'rules: [{ name: a, match: { time: { days: monday } }, action: echo }]',
    'trunks: [{ name: t, sources: [], srtp: maybe }]',
  ])('marks %s', (text) => {
    expect(takes(text)).toBe(false);
  });

  it('is told what each key is for', () => {
    const { properties, $defs } = committed as {
      properties: object;
      $defs: { Match: { properties: object } };
    };
    const all = [...Object.entries(properties), ...Object.entries($defs.Match.properties)];
    const told = all.filter(([, about]) => '$ref' in (about as object) || 'description' in (about as object));
    // What is left speaks for itself: version, tenants, protocol, transport, time.
    expect(all.length - told.length).toBeLessThanOrEqual(6);
  });
});
