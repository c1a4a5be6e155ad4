import { describe, expect, it } from 'vitest';
import { checkPlan } from '../../../dialplans/check.ts';
import type { PromptCatalog } from '../../../dialplans/lint/prompts.ts';

const catalog: PromptCatalog = {
  shipped: { en: ['welcome', 'goodbye'], de: ['welcome', 'goodbye'] },
  tenants: { acme: { de: ['reception'], en: ['reception'] }, beta: { en: ['reception'] } },
};
const head = `version: 1
tenant: provider
tenants:
  - { name: provider }
  - { name: acme, language: de, prompts: acme }
  - { name: beta, language: en, prompts: beta }
  - { name: gamma, language: de }
numbers:
  - { number: '+4930901820', tenant: acme }
  - { number: '+12125551234', tenant: beta }
  - { number: '+12125551299', tenant: beta, language: de }
  - { number: '+4989555', tenant: gamma }
`;

function missing(match: string, action: string, more = ''): string[] {
  const text = `${head}rules:\n  - { name: r, match: ${match}, action: ${action}${more} }\n`;
  return checkPlan([{ name: 'p.yaml', text }], { fragments: {}, prompts: catalog }).problems.map(
    ({ code, message }) => `${code} ${message}`,
  );
}
const play = (prompt: string) => `{ play: { prompt: ${prompt}, then: echo } }`;
const none = (where: string) => [`PLAN_UNKNOWN_PROMPT there is no prompt "reception" in ${where}`];
const neither = (tenant: string) => `for the tenant "${tenant}", neither its own nor one that ships`;

describe('prompts are looked for where the call would look', () => {
  it('with the tenant whose number is called', () => {
    expect(missing("{ called: { e164: '+4930901820' } }", play('reception'))).toEqual([]);
    expect(missing("{ called: '+12125551234' }", play('reception'))).toEqual([]);
    expect(missing("{ called: '+4989555' }", play('reception'))).toEqual(none('de'));
    expect(missing('{ called: 1000 }', play('reception'))).toEqual(none('en or de'));
  });

  it('in the language of the number, which comes before the tenant’s', () => {
    expect(missing("{ called: '+12125551299' }", play('reception'))).toEqual(none(`de ${neither('beta')}`));
    expect(missing("{ called: '+12125551299' }", play('reception'), ', language: en')).toEqual([]);
  });

  it('with each tenant that a prefix or a regex may bring', () => {
    expect(missing("{ called: ['+4930901820', '+12125551234'] }", play('reception'))).toEqual([]);
    expect(missing("{ called: { prefix: '+1' } }", play('reception'), ', tenant: acme')).toEqual([]);
    expect(missing("{ called: { prefix: '+1' } }", play('reception'), ', language: en')).toEqual(none('en'));
    expect(missing("{ called: { regex: '\\+49.*' } }", play('welcome'))).toEqual([]);
  });

  it('in the languages that are offered, wherever the prompt stands', () => {
    const menu = `{ menu: { prompt: welcome, options: { 1: { menu: { prompt: welcome, options: { 2: ${play('reception')} } } } } } }`;
    expect(missing("{ called: '+4989555' }", menu)).toEqual(none('de'));
    const asks = '{ ask-pin: { languages: [de, en], prompts: { wrong: reception } } }';
    expect(missing("{ called: '+12125551234' }", asks)).toEqual(none(`de ${neither('beta')}`));
    expect(missing("{ called: '+4930901820' }", asks)).toEqual([]);
  });
});
