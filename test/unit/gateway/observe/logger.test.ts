import { PassThrough } from 'node:stream';
import { setImmediate as written } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createLogger } from '../../../../gateway/observe/logger.ts';

function capture(pretty: boolean) {
  const out = new PassThrough();
  const logger = createLogger({ level: 'info', pretty, out });
  const text = async (): Promise<string> => {
    await written();
    return String(out.read() ?? '');
  };
  return { ...logger, text };
}

it('writes lines for people: time, sentence, facts', async () => {
  const { log, text } = capture(true);
  log.child({ part: 'calls' }).info({ call: 'c1', rule: 'meetings' }, 'call routed');
  log.warn({ err: new Error('no route') }, 'call failed');
  expect(await text()).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} {3}call routed · part=calls call=c1 rule=meetings\n.* WARN call failed \(no route\)\n$/,
  );
});

it('joins the parts of a child’s lines and lets foreign text pass', async () => {
  const { childSink, text } = capture(true);
  const sink = childSink();
  sink.write('{"level":"info","time":"2026-01-01T00:00:00.000Z","par');
  sink.write('t":"sip-edge","msg":"SIP edge is up"}\nplain words\n');
  expect(await text()).toBe('00:00:00.000   SIP edge is up · part=sip-edge\nplain words\n');
});

it('shows no secret, whoever logs it', async () => {
  const { log, text } = capture(false);
  log.info(
    { token: 'abc', pin: '123456', nested: { apiSecret: 'xyz', password: 'p' } },
    'something happened',
  );
  const line = await text();
  for (const secret of ['abc', '123456', 'xyz', '"p"']) expect(line).not.toContain(secret);
  expect(line).toContain('[hidden]');
});
