import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAddress, tagOf } from '../../gateway/sip/edge/message/address.ts';
import { parseCSeq } from '../../gateway/sip/edge/message/cseq.ts';
import { parseUri, unescape } from '../../gateway/sip/edge/message/uri.ts';
import { parseVia } from '../../gateway/sip/edge/message/via.ts';
import { describeShared } from '../support/shared-fixtures.ts';
import { judge, parseRequest, parseResponse } from '../support/sip.ts';
import type { Verdict } from '../support/sip.ts';

/** RFC 4475: section, message, what it must get. "taken" also where only the application can say more. */
const outcomes: readonly (readonly [section: string, file: string, verdict: Verdict, why: string])[] = [
  ['3.1.1.1', 'wsinv', 'taken', 'blanks, folding, compact and mixed-case names'],
  ['3.1.1.2', 'intmeth', 'taken', 'all characters that a method, token and URI may have'],
  ['3.1.1.3', 'esc01', 'taken', 'escapes that mean no separators'],
  ['3.1.1.4', 'escnull', 'taken', 'escaped zero bytes'],
  ['3.1.1.5', 'esc02', 'taken', 'percent signs that are no escapes'],
  ['3.1.1.6', 'lwsdisp', 'taken', 'no blank between display name and "<"'],
  ['3.1.1.7', 'longreq', 'taken', 'long values, 34 Vias'],
  ['3.1.1.8', 'dblreq', 'taken', 'a second request in the datagram is ignored'],
  ['3.1.1.9', 'semiuri', 'taken', 'a semicolon in the user part'],
  ['3.1.1.10', 'transports', 'taken', 'unknown transports in Via'],
  ['3.1.1.11', 'mpart01', 'taken', 'a binary multipart body'],
  ['3.1.1.12', 'unreason', 'taken', 'a reason phrase in UTF-8'],
  ['3.1.1.13', 'noreason', 'taken', 'an empty reason phrase'],
  ['3.1.2.1', 'badinv01', 400, 'empty parameters in Via and Contact'],
  ['3.1.2.2', 'clerr', 400, 'Content-Length beyond the datagram'],
  ['3.1.2.3', 'ncl', 400, 'a negative Content-Length'],
  ['3.1.2.4', 'scalar02', 400, 'numbers out of range in a request'],
  ['3.1.2.5', 'scalarlg', 'dropped', 'numbers out of range in a response'],
  ['3.1.2.6', 'quotbal', 400, 'a quote that never ends'],
  ['3.1.2.7', 'ltgtruri', 400, 'a Request-URI in angle brackets'],
  ['3.1.2.8', 'lwsruri', 400, 'a blank in the Request-URI'],
  ['3.1.2.9', 'lwsstart', 400, 'two spaces in the request line'],
  ['3.1.2.10', 'trws', 400, 'a space after the version'],
  ['3.1.2.11', 'escruri', 400, 'headers in the Request-URI'],
  ['3.1.2.12', 'baddate', 'taken', 'a time zone that is not GMT: Date may be ignored'],
  ['3.1.2.13', 'regbadct', 400, 'a "?" in a Contact without brackets'],
  ['3.1.2.14', 'badaspec', 'taken', 'blanks within "<>": may be tolerated'],
  ['3.1.2.15', 'baddn', 'taken', 'a display name that needs quotes: may be tolerated'],
  ['3.1.2.16', 'badvers', 505, 'SIP/7.0'],
  ['3.1.2.17', 'mismatch01', 400, 'CSeq of another method'],
  ['3.1.2.18', 'mismatch02', 400, 'the same with an unknown method'],
  ['3.1.2.19', 'bigcode', 'dropped', 'a status code of ten digits'],
  ['3.2.1', 'badbranch', 'taken', 'a branch that is the cookie alone: the transaction layer’s matter'],
  ['3.3.1', 'insuf', 400, 'no Call-ID, From, To'],
  ['3.3.2', 'unkscm', 416, 'an unknown scheme'],
  ['3.3.3', 'novelsc', 416, 'a known scheme that is not SIP'],
  ['3.3.4', 'unksm2', 'taken', 'unknown schemes in From, To, Contact: the registrar’s matter'],
  ['3.3.5', 'bext01', 420, 'Require of the unknown'],
  ['3.3.6', 'invut', 'taken', 'an unknown body: the application’s 415'],
  ['3.3.7', 'regaut01', 'taken', 'an unknown authorization scheme: the registrar’s 401'],
  ['3.3.8', 'multi01', 400, 'several values where one is allowed'],
  ['3.3.9', 'mcl01', 400, 'different Content-Lengths'],
  ['3.3.10', 'bcast', 'taken', 'a response with a broadcast Via: it matches no transaction'],
  ['3.3.11', 'zeromf', 483, 'Max-Forwards 0'],
  ['3.3.12', 'cparam01', 'taken', 'a parameter of the Contact header'],
  ['3.3.13', 'cparam02', 'taken', 'a parameter of the Contact’s URI'],
  ['3.3.14', 'regescrt', 'taken', 'headers in a Contact’s URI'],
  ['3.3.15', 'sdp01', 'taken', 'Accept of the unknown: the application’s 406'],
  ['3.4.1', 'inv2543', 'taken', 'an INVITE of RFC 2543'],
  ['archive', 'test', 'dropped', 'no version, no Via to answer to: in the archive, not in the RFC'],
];

describeShared('RFC 4475 torture messages', 'torture/rfc4475', (folder) => {
  const read = (name: string): Buffer => readFileSync(join(folder, `${name}.dat`));
  const request = (name: string) => parseRequest(read(name));

  test('the table has every message of the archive', () => {
    const files = readdirSync(folder).map((file) => file.replace(/\.dat$/, ''));
    expect(outcomes.map(([, file]) => file).sort()).toEqual(files.sort());
  });

  test.each(outcomes)('§%s %s → %s: %s', (_section, file, verdict) => {
    expect(judge(read(file))).toBe(verdict);
  });

  describe('what was read', () => {
    test('wsinv: values come out clean', () => {
      const { headers, uri } = request('wsinv');
      expect(uri).toBe('sip:vivekg@chair-dnrc.example.com;unknownparam');
      expect(tagOf(headers.get('To'))).toBe('1918181833n');
      expect(tagOf(headers.get('From'))).toBe('98asjd8');
      expect(parseAddress(headers.get('From') ?? '').displayName).toBe('J Rosenberg \\"');
      expect(parseCSeq(headers.get('CSeq') ?? '')).toEqual({ sequence: 9, method: 'INVITE' });
      expect(headers.getAll('Via').map((via) => parseVia(via).host)).toEqual([
        '192.0.2.2',
        'spindle.example.com',
        '192.168.255.111',
      ]);
      expect(parseVia(headers.getAll('Via')[1] ?? '').branch).toBe('z9hG4bK9ikj8');
      expect(headers.get('Subject')).toBe('');
      expect(headers.get('NewFangledHeader')).toBe('newfangled value continued newfangled value');
      const contact = parseAddress(headers.get('Contact') ?? '');
      expect([...contact.params]).toEqual([
        ['newparam', 'newvalue'],
        ['secondparam', ''],
        ['q', '0.33'],
      ]);
    });

    test('intmeth: the strange is kept as it is', () => {
      const { method, headers } = request('intmeth');
      expect(method).toBe("!interesting-Method0123456789_*+`.%indeed'~");
      expect(tagOf(headers.get('From'))).toBe("_token~1'+`*%!-.");
      expect(headers.get("extensionHeader-!.%*+_`'~")).toBe('\ufeff大停電');
    });

    test('esc01, esc02, escnull: escapes stay, and mean what they mean', () => {
      expect(parseUri(request('esc01').uri).user).toBe('sips%3Auser%40example.com');
      expect(unescape(parseUri(request('esc01').headers.get('To') ?? '').user ?? '')).toBe('user');
      expect(request('esc02').method).toBe('RE%47IST%45R');
      expect(request('esc02').headers.getAll('Contact')).toHaveLength(2);
      expect(unescape(parseUri(parseAddress(request('escnull').headers.get('m') ?? '').uri).user ?? '')).toBe(
        '\0',
      );
    });

    test('longreq: all 34 Vias', () => {
      expect(request('longreq').headers.getAll('Via')).toHaveLength(34);
    });

    test('dblreq: the body ends where Content-Length says', () => {
      expect(request('dblreq').body).toHaveLength(0);
    });

    test('semiuri: the user holds the semicolon', () => {
      const uri = parseUri(request('semiuri').uri);
      expect([uri.user, uri.host, uri.params.size]).toEqual(['user;par=u%40example.net', 'example.com', 0]);
    });

    test('mpart01: the body is byte for byte', () => {
      const bytes = read('mpart01');
      const { body } = request('mpart01');
      expect(body).toHaveLength(553);
      expect(bytes.subarray(bytes.length - 553).equals(body)).toBe(true);
    });

    test('unreason, noreason: the phrase', () => {
      expect(parseResponse(read('unreason')).reason).toBe('= 2**3 * 5**2 но сто девяносто девять - простое');
      expect(parseResponse(read('noreason')).reason).toBe('');
    });

    test('cparam01, cparam02: whose parameter it is', () => {
      const first = parseAddress(request('cparam01').headers.get('Contact') ?? '');
      const second = parseAddress(request('cparam02').headers.get('Contact') ?? '');
      expect([first.params.has('unknownparam'), parseUri(first.uri).params.size]).toEqual([true, 0]);
      expect([second.params.size, parseUri(second.uri).params.has('unknownparam')]).toEqual([0, true]);
    });

    test('bcast: the second Via shows that it is not ours', () => {
      const vias = parseResponse(read('bcast')).headers.getAll('Via');
      expect(vias.map((via) => parseVia(via).host)).toEqual(['192.0.2.198', '255.255.255.255']);
    });
  });
});
