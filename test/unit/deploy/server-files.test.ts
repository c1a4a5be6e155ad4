import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { shippedText } from '../../support/compose-file.ts';

/** The rest has to be tried with the servers themselves: test/interop/deploy-*.test.ts. */
describe('configuration that ships', () => {
  it('keeps drachtio-server’s admin port at home, and SIP messages out of its log', () => {
    const xml = withoutComments(shippedText('deploy/drachtio/drachtio.conf.xml'));
    expect(/<admin [^>]*>([^<]*)<\/admin>/.exec(xml)?.[1]).toBe('127.0.0.1');
    expect(/<admin [^>]*secret="([^"]*)"/.exec(xml)?.[1]).toBe('');
    expect(/<loglevel>(\w+)<\/loglevel>/.exec(xml)?.[1]).toMatch(/^(notice|warning|error)$/);
    expect(xml).not.toContain('<contact');
  });

  it('keeps LiveKit’s API at home, its keys outside, and telephones’ codecs in', () => {
    const config = parse(shippedText('deploy/livekit/livekit.yaml')) as Record<
      string,
      Record<string, unknown>
    >;
    expect(config.bind_addresses).toEqual(['127.0.0.1']);
    expect(config.keys).toBeUndefined();
    expect(config.redis).toEqual({ address: '127.0.0.1:6379' });
    expect(config.room.enabled_codecs).toBeUndefined();
  });

  it('has no password in Redis’s and PostgreSQL’s files', () => {
    expect(shippedText('deploy/redis/redis.conf')).not.toMatch(/^\s*requirepass/m);
    expect(shippedText('deploy/postgres/10-gateway.sql')).toContain("password :'password'");
  });
});

function withoutComments(xml: string): string {
  return xml.replace(/<!--.*?-->/gs, '');
}
