import type { CallInput } from '../../dialplans/types.ts';
import { callTo } from './dial-plan.ts';

/** Whoever calls, and what the plan must do with it. */
export interface LargePlan {
  readonly text: string;
  /** A call of the kind that the i-th rule is for. */
  readonly call: (i: number) => CallInput;
}

/**
 * A plan of a carrier’s or a large company’s kind: mostly numbers and ranges, aliases of rooms by regular expressions,
 * customers by header or address, and rules that every call has to look at.
 */
export function largePlan(rules: number): LargePlan {
  const kinds: ((i: number) => [rule: string, called: string, more?: Partial<CallInput>])[] = [
    (i) => [
      `match: { called: "+49${3_000_000 + i}" }, action: { join: { room: "r${i}" } }`,
      `+49${3_000_000 + i}`,
    ],
    (i) => [`match: { called: { e164: "+44${3_000_000 + i}" } }, action: ask-pin`, `0044${3_000_000 + i}`],
    (i) => [
      `match: { called: { prefix: "+1${2_000_000 + i}" }, trunk: carrier }, action: ask-pin`,
      `+1${2_000_000 + i}99`,
      { trunk: 'carrier' },
    ],
    (i) => [
      `match: { called: { regex: "room-${i}-(?P<part>[a-z0-9]{1,20})" } }, action: { join: { room: "r${i}-\${part}" } }`,
      `room-${i}-a7`,
    ],
    (i) => [
      `match: { called: ["a${i}", "b${i}"], time: { days: mon-fri, hours: "08:00-18:00", zone: Europe/Berlin } }, action: echo`,
      `b${i}`,
    ],
    (i) => [
      `match: { calling: "+33${1_000_000 + i}" }, action: { reject: { code: 603 } }`,
      '999',
      { calling: { user: `+33${1_000_000 + i}`, uri: `sip:+33${1_000_000 + i}@x` } },
    ],
    (i) => [
      `match: { called: { prefix: "7" }, header: { X-Customer: c${i} } }, action: { bridge: { trunk: carrier } }`,
      `7${i}`,
      { headers: { 'x-customer': `c${i}` } },
    ],
    (i) => [
      `match: { source: 10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255} }, action: ask-pin`,
      '998',
      { source: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}` },
    ],
  ];
  const made = (i: number) => kinds[i % kinds.length](i);
  const general = Array.from(
    { length: 100 },
    (_, i) =>
      `  - { name: any ${i}, priority: ${i % 3 === 0 ? 50 : 200}, match: { calling: { regex: "[a-z]{1,9}${i}" }, transport: tls }, action: echo }\n`,
  );
  const lines = Array.from(
    { length: rules - general.length },
    (_, i) => `  - { name: rule ${i}, ${made(i)[0].replace(/^match/, 'match')} }\n`,
  );
  const trunk = 'trunks: [{ name: carrier, sources: [192.0.2.0/24], to: "sip:carrier.example" }]\n';
  return {
    text: `version: 1\n${trunk}rules:\n${general.join('')}${lines.join('')}`,
    call: (i) => {
      const [, called, more] = made(i % lines.length);
      return callTo(called, more);
    },
  };
}

/** The most that the check lets pass: regexes that every call has to try, rules that no index sorts, and all alike. */
export function worstPlan(rules: number, regexes: number, unsorted: number): LargePlan {
  const tried = Array.from(
    { length: regexes },
    (_, i) =>
      `{ name: tried ${i}, match: { calledUri: { regex: ".{1,${60 + i}}@[a-z.]{1,${i + 9}}[0-9]" } }, action: echo }`,
  );
  const days = ['mon', 'tue', 'wed', 'thu', 'fri'];
  const general = Array.from(
    { length: unsorted - regexes },
    (_, i) =>
      `{ name: general ${i}, match: { language: de-${1000 + i}, time: { days: ${days[i % 5]}, zone: UTC } }, action: echo }`,
  );
  const numbers = Array.from(
    { length: rules - unsorted },
    (_, i) => `{ name: number ${i}, match: { called: n${i}, transport: tls }, action: echo }`,
  );
  return {
    text: planOf([...tried, ...general, ...numbers]),
    call: (i) =>
      callTo(`n${i % numbers.length}`, {
        language: 'de-AT',
        called: { user: `n${i % numbers.length}`, uri: `sip:${'abcdefgh'.repeat(4)}@gateway.example` },
      }),
  };
}

/** Numbers by regexes that begin with no fixed text, of which the last takes the call; and numbers in plain. */
export function lastRegexPlan(rules: number, regexes: number): LargePlan {
  const tried = Array.from(
    { length: regexes },
    (_, i) =>
      `{ name: tried ${i}, match: { called: { regex: "[+]?[0-9]{12}x{${i === regexes - 1 ? 0 : 1},${i + 1}}" } }, action: echo }`,
  );
  const numbers = Array.from(
    { length: rules - regexes },
    (_, i) => `{ name: number ${i}, match: { called: n${i} }, action: echo }`,
  );
  return { text: planOf([...numbers, ...tried]), call: (i) => callTo(`+${490_000_000_000 + i}`) };
}

/** Customers by forty header fields, most of which a call has; more than the index has tables for. */
export function headerPlan(rules: number): LargePlan {
  const made = Array.from(
    { length: rules },
    (_, i) =>
      `{ name: rule ${i}, match: { header: { X-Field-${i < rules - 900 ? i % 16 : 16 + (i % 24)}: value ${i} } }, action: echo }`,
  );
  return {
    text: planOf(made),
    call: (i) => {
      const headers = Array.from({ length: 40 }, (_, field) => [`x-field-${field}`, `value of ${i}`]);
      return callTo('1000', { headers: Object.fromEntries(headers) as Record<string, string> });
    },
  };
}

/** A plan and calls that none of its rules takes. */
export function missed({ text }: LargePlan): LargePlan {
  const headers = { 'x-customer': 'nobody', 'x-other': 'nobody' };
  return {
    text,
    call: (i) => callTo(`+99${i}7000`, { headers, source: '203.0.113.7', language: 'fr', trunk: 'carrier' }),
  };
}

function planOf(rules: readonly string[]): string {
  return `version: 1\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`;
}
