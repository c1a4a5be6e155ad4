import { describe, expect, it } from 'vitest';
import { checkPlan } from '../../../dialplans/check.ts';
import { resolve } from '../../../dialplans/resolve.ts';
import { callTo } from '../../support/dial-plan.ts';

const planOf = (called: string): string =>
  `version: 1\nrules:\n  - name: a\n    match: { called: ${called} }\n    action: echo\n`;
const check = (text: string) => checkPlan([{ name: 'a.yaml', text }]);

describe('what is dialled is text, as it stands', () => {
  // Other readers of YAML make numbers, times, switches and nothing of these.
  it.each([
    '+4930901820',
    '0049309018',
    '0123',
    '1e3',
    '0x1F',
    '0o7',
    '1_000',
    '.5',
    '12:30',
    'yes',
    'no',
    'off',
    'null',
    '~',
  ])('%s', (text) => {
    const { plan } = check(planOf(text));
    if (plan === null) throw new Error('the plan is good');
    expect(resolve(plan, callTo(text)).route.rule).toBe('a');
    expect(resolve(plan, callTo(String(Number(text)))).route.rule).toBe(
      String(Number(text)) === text ? 'a' : null,
    );
  });

  it.each([
    '"*21*"',
    '"**1"',
    '"#31#"',
    '"*8"',
    'board.room-1_x',
    '192.0.2.1',
    'XXL',
    '_desk',
    'room-12345x',
    '🎉',
    'עברית',
  ])('%s is no mistake', (text) => {
    expect(check(planOf(text)).problems).toEqual([]);
  });
});

describe('a file', () => {
  const text = planOf('1000');

  it.each([
    ['with a byte order mark', `\uFEFF${text}`],
    ['with the line ends of Windows', text.replaceAll('\n', '\r\n')],
    ['with the marks of a document', `%YAML 1.2\n---\n${text}...\n`],
    ['without an end of the last line', text.trimEnd()],
  ])('%s is read', (_what, written) => {
    expect(check(written).problems).toEqual([]);
  });

  it.each([
    ['with the line ends of old Macs', text.replaceAll('\n', '\r'), /CR alone/],
    ['in UTF-16', Buffer.from(text, 'utf16le').toString('utf8'), /not in UTF-8/],
    ['in Latin-1', Buffer.from('version: 1\ntenant: Zürich\n', 'latin1').toString('utf8'), /not in UTF-8/],
  ])('%s is refused with a reason', (_what, written, reason) => {
    const { plan, problems } = check(written);
    expect(plan).toBeNull();
    expect(problems[0].message).toMatch(reason);
  });

  it('shows what can’t be seen by its name, also in mistakes of the form', () => {
    const { problems } = check('version: 1\n"\u202Egnp": 1\n"\u001b[31m": 2\n');
    expect(problems.map(({ message }) => message)).toEqual([
      'the file has no key "<U+202E>gnp"',
      'the file has no key "<U+001B>[31m"',
    ]);
  });
});
