import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guardedLookup, isReachable, urlProblem } from '../../../../gateway/webhooks/addresses.ts';

const strict = { allowPrivate: false };
const open = { allowPrivate: true };

describe('a webhook’s URL', () => {
  it.each([
    'https://hooks.example/x?y=1',
    'http://localhost:9000/',
    'http://127.0.0.1/',
    'https://[::1]:1/',
    'https://192.88.98.1/',
  ])('%s is taken', (url) => expect(urlProblem(url, strict)).toBeNull());

  it.each([
    '',
    'hooks.example',
    'ftp://hooks.example/',
    'http://hooks.example/',
    'http://localhost.evil.example/',
    'https://user:secret@hooks.example/',
    'https://hooks.example/#x',
    `https://hooks.example/${'x'.repeat(3000)}`,
    'https://10.1.2.3/',
    'https://192.168.1.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://0.0.0.0/',
    'https://0xa000001/',
    'https://012.0.0.1/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[64:ff9b::a00:1]/',
    'https://[2002:a00:1::]/',
  ])('%s is refused in words', (url) => expect(urlProblem(url, strict)).toMatch(/\.$/));

  it('may name a private host when that is allowed, but never a cloud’s metadata', () => {
    expect(urlProblem('https://10.1.2.3/', open)).toBeNull();
    expect(urlProblem('https://169.254.169.254/', open)).not.toBeNull();
    expect(urlProblem('https://0.0.0.0/', open)).not.toBeNull();
  });

  it('is judged without a crash, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.ipV4(),
          fc.ipV6().map((ip) => `https://[${ip}]/`),
        ),
        (text) => {
          const problem = urlProblem(text, strict);
          expect(problem === null || problem.length > 0).toBe(true);
        },
      ),
    );
  });
});

it('no address of a private network is reachable, in whatever form it stands', () => {
  const octet = fc.nat(255);
  fc.assert(
    fc.property(octet, octet, octet, (a, b, c) => {
      for (const ip of [
        `10.${a}.${b}.${c}`,
        `192.168.${a}.${b}`,
        `127.${a}.${b}.${c}`,
        `169.254.${a}.${b}`,
      ]) {
        expect(isReachable(ip, strict)).toBe(false);
        expect(isReachable(`::ffff:${ip}`, strict)).toBe(false);
      }
    }),
  );
});

it('a name that leads to this machine is refused, localhost itself is not', async () => {
  const look = (name: string, reach = strict) =>
    new Promise<string>((resolve) => {
      guardedLookup(reach)(name, { family: 4 }, (error, address) => {
        resolve(error ? error.message : JSON.stringify(address));
      });
    });
  expect(await look('localhost')).toBe('"127.0.0.1"');
  // An address stands for a name that resolves to it.
  expect(await look('127.0.0.1')).toContain('no public one');
  expect(await look('10.0.0.1')).toContain('no public one');
  expect(await look('10.0.0.1', open)).toBe('"10.0.0.1"');
});
