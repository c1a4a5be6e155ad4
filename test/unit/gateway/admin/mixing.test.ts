import { expect, test } from 'vitest';
import { DatabaseUnavailable } from '../../../../gateway/records/errors.ts';
import type { MixingServerStatus } from '../../../../gateway/ports.ts';
import { adminToken, allUp, openDoor } from '../../../fakes/admin.ts';

const server: MixingServerStatus = {
  name: '10.0.0.5:8021',
  state: 'up',
  version: '1.11.1-release',
  draining: false,
  rooms: 2,
  endpoints: 7,
  channels: 9,
  idleCpuPercent: 80,
  losses: 1,
  hangs: 0,
  problem: null,
};
const headers = { authorization: `Bearer ${adminToken}` };

test('FreeSWITCHes are listed, drained and taken back', async () => {
  const asked: [string, boolean][] = [];
  const { server: door } = await openDoor({
    mixing: {
      status: () => ({ state: 'up', servers: [server] }),
      setDraining: (name, draining) => {
        asked.push([name, draining]);
        return Promise.resolve(name === server.name);
      },
    },
  });
  const url = '/api/v1/mixing/servers';
  expect((await door.inject({ url, headers })).json()).toEqual({ servers: [server] });
  for (const verb of ['drain', 'undrain']) {
    const answer = await door.inject({ method: 'POST', url: `${url}/${server.name}/${verb}`, headers });
    expect(answer.statusCode).toBe(204);
  }
  expect(asked).toEqual([
    [server.name, true],
    [server.name, false],
  ]);
  const none = await door.inject({ method: 'POST', url: `${url}/10.0.0.9:8021/drain`, headers });
  expect(none.json()).toMatchObject({ status: 404, code: 'MIXING_SERVER_NOT_FOUND' });
  await door.close();
});

test('a drain that can not be kept is refused, and says so', async () => {
  const { server: door } = await openDoor({
    mixing: {
      status: () => ({ state: 'up', servers: [server] }),
      setDraining: () => Promise.reject(new DatabaseUnavailable('a drain can’t be kept', new Error('away'))),
    },
  });
  const url = `/api/v1/mixing/servers/${server.name}/drain`;
  const answer = await door.inject({ method: 'POST', url, headers });
  expect(answer.json()).toMatchObject({ status: 503, code: 'DATABASE_UNAVAILABLE' });
  await door.close();
});

test('without a FreeSWITCH the gateway is not ready, and says why', async () => {
  const problem = {
    code: 'FREESWITCH_SECRET_WRONG',
    message: 'It does not take the secret.',
    remedy: 'Set it.',
  };
  const servers = [{ ...server, state: 'down', problem }] as const;
  const { server: door } = await openDoor({
    status: () => ({ ...allUp, mixing: { state: 'down', servers } }),
  });
  const answer = await door.inject('/readyz');
  expect(answer.statusCode).toBe(503);
  expect(answer.json()).toMatchObject({ parts: { mixing: { servers: [{ problem }] } } });
  await door.close();
});
