import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAddress, tagOf } from '../../gateway/sip/edge/message/address.ts';
import { parseCSeq } from '../../gateway/sip/edge/message/cseq.ts';
import { parseUri, unescape } from '../../gateway/sip/edge/message/uri.ts';
import { parseVia } from '../../gateway/sip/edge/message/via.ts';
import { describeShared } from '../support/shared-fixtures.ts';
import { judge, parseRequest, parseResponse } from '../support/sip.ts';
import { readRfc4475, rfc4475 } from './outcomes.ts';

describeShared('RFC 4475 torture messages', 'torture/rfc4475', (folder) => {
  const read = (name: string): Buffer => readRfc4475(folder, name);
  const request = (name: string) => parseRequest(read(name));

  test('the table has every message of the archive', () => {
    const files = readdirSync(folder).map((file) => file.replace(/\.dat$/, ''));
    expect(rfc4475.map(([, file]) => file).sort()).toEqual(files.sort());
  });

  for (const [section, file, verdict, why] of rfc4475) {
    test(`§${section} ${file} → ${verdict}: ${why}`, () => {
      expect(judge(read(file))).toBe(verdict);
    });
  }

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
