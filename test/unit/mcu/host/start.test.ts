import { expect, it } from 'vitest';
import { makeIdentity, writeIdentity } from '../../../../mcu/dtls/identity.ts';
import { nodeOptions } from '../../../../mcu/control/protocol.ts';
import { spokenWords } from '../../../../mcu/host/greeting.ts';
import { nodeStartOn } from '../../../../mcu/host/start.ts';

const machine = {
  host: '0.0.0.0',
  announced: ['203.0.113.7', '2001:db8::7'],
  rtpPortMin: 20_000,
  rtpPortMax: 20_999,
  promptFolder: '/prompts',
};
const wanted = {
  id: 'node-1',
  silenceSeconds: 30,
  logLevel: 'info',
  dtls: writeIdentity(makeIdentity()),
  mixer: null,
};

it('a media node is started with what the gateway wants and what its machine is', async () => {
  const start = nodeOptions.parse(await nodeStartOn(machine, wanted));
  expect(start).toMatchObject({ ...machine, publicIp: '203.0.113.7', id: 'node-1', mixer: null });
});

it('FreeSWITCH reaches the node at the address that leads to it, or at the one that the gateway names', async () => {
  const mixer = (host: string) => ({ ...wanted, mixer: { host, server: '127.0.0.1' } });
  expect(await nodeStartOn(machine, mixer(''))).toMatchObject({ mixer: { host: '127.0.0.1' } });
  expect(await nodeStartOn(machine, mixer('10.0.0.5'))).toMatchObject({ mixer: { host: '10.0.0.5' } });
});

it('a gateway can’t say what belongs to the machine', async () => {
  await expect(nodeStartOn(machine, { ...wanted, promptFolder: '/etc' })).rejects.toThrow('promptFolder');
});

it('the words of a version are always the same ones', () => {
  expect(spokenWords()).toMatch(/^[0-9a-f]{16}$/);
  expect(spokenWords()).toBe(spokenWords());
});
