import { expectTypeOf, test } from 'vitest';
import type { MediaLeg, MediaNode, RoomWatch } from '../../../../gateway/ports.ts';
import type { MediaNodeClient } from '../../../../mcu/control/client.ts';
import type { RemoteLeg } from '../../../../mcu/control/remote-leg.ts';
import type { RemoteRoomWatch } from '../../../../mcu/control/remote-watch.ts';

test('the client is what the gateway’s ports ask for', () => {
  expectTypeOf<MediaNodeClient>().toExtend<MediaNode>();
  expectTypeOf<RemoteLeg>().toExtend<MediaLeg>();
  expectTypeOf<RemoteRoomWatch>().toExtend<RoomWatch>();
});
