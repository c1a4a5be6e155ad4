import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Digest, readChallenge } from '../../../../gateway/sip/digest.ts';
import { gateway } from '../../../support/clause.ts';

/** As RFC 7616 §3.9.1 has it. */
const mufasa = { username: 'Mufasa', password: 'Circle of Life' };
const request = { method: 'GET', uri: '/dir/index.html', body: '' };
const opaque = 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS';
const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';

function asked(value: string, status: 401 | 407 = 401) {
  const field = status === 401 ? 'www-authenticate' : 'proxy-authenticate';
  return said(status, { [field]: value });
}

function said(status: number, fields: Readonly<Record<string, string>>) {
  return { status, headers: fields, body: undefined, get: (name: string) => fields[name] };
}

function told(value: string, credentials = mufasa) {
  const digest = new Digest(credentials);
  expect(digest.begin().again(asked(value))).toBe(true);
  return parts(digest.fields(request).Authorization);
}

function parts(field = ''): Record<string, string> {
  expect(field).toMatch(/^Digest /);
  const found = field.matchAll(/(?<name>\w+)=(?:"(?<quoted>[^"]*)"|(?<plain>[^,]*))/g);
  return Object.fromEntries(
    [...found].map(({ groups = {} }) => [groups.name, groups.quoted || groups.plain || '']),
  );
}

const hex = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest('hex');

describe('a challenge', () => {
  it.each([
    ['MD5', 'md5'],
    ['SHA-256', 'sha256'],
    ['SHA-512-256', 'sha512-256'],
  ])('is answered by %s', gateway('RFC 8760 §2.6'), (name, algorithm) => {
    const said = told(
      `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${name}, nonce="${nonce}", opaque="${opaque}"`,
    );
    const secret = hex(algorithm, 'Mufasa:http-auth@example.org:Circle of Life');
    const what = hex(algorithm, 'GET:/dir/index.html');
    const proof = [secret, nonce, '00000001', said.cnonce, 'auth', what].join(':');
    expect(said).toMatchObject({ ...{ algorithm: name, opaque, qop: 'auth', nc: '00000001', nonce } });
    expect(said.response).toBe(hex(algorithm, proof));
  });

  it('without qop is answered as RFC 2069 has it', () => {
    const said = told('Digest realm="r", nonce="n"');
    expect(said).not.toHaveProperty('cnonce');
    expect(said).not.toHaveProperty('algorithm');
    const proof = [hex('md5', 'Mufasa:r:Circle of Life'), 'n', hex('md5', 'GET:/dir/index.html')];
    expect(said.response).toBe(hex('md5', proof.join(':')));
  });

  it('for a session, and for the body as well, is answered', gateway('RFC 7616 §3.4.2'), () => {
    const said = told('Digest realm="r", nonce="n", algorithm=MD5-sess, qop="auth-int"');
    const secret = hex('md5', `${hex('md5', 'Mufasa:r:Circle of Life')}:n:${said.cnonce}`);
    const what = hex('md5', `GET:/dir/index.html:${hex('md5', '')}`);
    expect(said.response).toBe(
      hex('md5', [secret, 'n', '00000001', said.cnonce, 'auth-int', what].join(':')),
    );
  });

  it('of several is the first that we know', gateway('RFC 8760 §2.4'), () => {
    const both = 'Digest realm="r", nonce="a", algorithm=SHA-256, Digest realm="r", nonce="b", algorithm=MD5';
    expect(readChallenge(both)).toMatchObject({ nonce: 'a', algorithm: 'SHA-256' });
    const other = `Bearer realm="x", Digest realm="r", nonce="a", algorithm=SHA3, ${both}`;
    expect(readChallenge(other)).toMatchObject({ nonce: 'a', algorithm: 'SHA-256' });
    expect(readChallenge('Digest realm="r"')).toBeNull();
    expect(readChallenge('Basic realm="r"')).toBeNull();
    expect(readChallenge('DIGEST realm="a, b=c", nonce="n" , QOP=auth')).toMatchObject({
      ...{ realm: 'a, b=c', nonce: 'n', qop: 'auth' },
    });
  });

  it('of any kind never throws, and takes no time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (value) => {
        readChallenge(`Digest ${value}`);
      }),
    );
    for (const piece of ['"', ' ,', 'a=', 'a ', '\\"', 'Digest '])
      expect(readChallenge(piece.repeat(100_000))).toBeNull();
  });
});

describe('a call’s proofs', () => {
  const challenge = 'Digest realm="r", nonce="n1", qop="auth"';

  it('go with each request once somebody has asked, and count', gateway('RFC 7616 §3.4'), () => {
    const digest = new Digest(mufasa);
    expect(digest.fields(request)).toEqual({});
    digest.begin().again(asked(challenge, 407));
    expect(parts(digest.fields(request)['Proxy-Authorization']).nc).toBe('00000001');
    expect(parts(digest.fields(request)['Proxy-Authorization']).nc).toBe('00000002');
  });

  it('use the nonce that a success names', gateway('RFC 7616 §3.5'), () => {
    const digest = new Digest(mufasa);
    digest.begin().again(asked(challenge));
    digest.fields(request);
    digest.accepted(said(200, { 'authentication-info': 'nextnonce="n2", qop=auth, nc=00000001' }));
    expect(parts(digest.fields(request).Authorization)).toMatchObject({ nonce: 'n2', nc: '00000001' });
  });

  it('are not given again for the same, but for a nonce that was too old', gateway('RFC 3261 §22.2'), () => {
    const digest = new Digest(mufasa);
    const one = digest.begin();
    expect(one.again(asked(challenge))).toBe(true);
    expect(one.again(asked(challenge))).toBe(false);
    expect(one.again(asked('Digest realm="r", nonce="n3", qop="auth", stale=TRUE'))).toBe(true);
    // The proxy may ask as well.
    expect(one.again(asked(challenge, 407))).toBe(true);
    for (let i = 0; i < 9; i++) one.again(asked('Digest realm="r", nonce="n", stale=true'));
    expect(one.again(asked('Digest realm="r", nonce="n", stale=true'))).toBe(false);
    // The next request may be asked anew.
    expect(digest.begin().again(asked(challenge))).toBe(true);
  });

  it('are for no other status', () => {
    expect(new Digest(mufasa).begin().again(said(403, { 'www-authenticate': challenge }))).toBe(false);
  });
});
