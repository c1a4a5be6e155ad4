import { expect, test } from 'vitest';
import { createMetrics } from '../../../../gateway/observe/metrics.ts';
import type { PictureStatus } from '../../../../gateway/ports.ts';
import { aQuality, aVideo } from '../../../fakes/quality.ts';

test('calls, parts, PINs and requests are in the exposition', async () => {
  const metrics = createMetrics();
  let live = ['in-room', 'in-room', 'asking-pin'];
  metrics.watchCalls(() => live);
  metrics.watchTrunks(() => [
    { trunk: 'one', up: true },
    { trunk: 'two', up: false },
  ]);
  metrics.watchParts(() => [
    { part: 'sip', up: true },
    { part: 'rooms', up: false },
  ]);
  metrics.watchProcesses(() => [{ process: 'media-node-1', restarts: 3, hangs: 1 }]);
  metrics.callEnded({
    protocol: 'sip',
    reason: 'wrong-pin',
    setupSeconds: 0.02,
    talkSeconds: 12,
    noVideo: null,
    media: {
      quality: aQuality,
      rttMs: 84,
      encryption: 'srtp-sdes/AES_CM_128_HMAC_SHA1_80',
      video: aVideo,
    },
  });
  metrics.callEnded({
    protocol: 'sip',
    reason: 'no-route',
    setupSeconds: null,
    talkSeconds: null,
    noVideo: 'no-common-codec',
    media: null,
  });
  metrics.pinTried('wrong', 'page');
  metrics.httpAnswered({ method: 'GET', route: '/healthz', status: 200, seconds: 0.001 });

  const text = await metrics.render();
  expect(text).toContain('gateway_calls_live{state="in-room"} 2');
  expect(text).toContain('gateway_part_up{part="rooms"} 0');
  expect(text).toContain('gateway_trunk_up{trunk="one"} 1');
  expect(text).toContain('gateway_trunk_up{trunk="two"} 0');
  expect(text).toContain('gateway_process_restarts_total{process="media-node-1",cause="died"} 2');
  expect(text).toContain('gateway_process_restarts_total{process="media-node-1",cause="hung"} 1');
  expect(text).toContain('gateway_calls_ended_total{protocol="sip",reason="wrong-pin"} 1');
  expect(text).toContain('gateway_calls_encryption_total{encryption="srtp-sdes/AES_CM_128_HMAC_SHA1_80"} 1');
  expect(text).toContain('gateway_calls_video_total{received="H264",sent="H264",published="untouched"} 1');
  expect(text).toContain('gateway_calls_without_video_total{reason="no-common-codec"} 1');
  expect(text).toContain('gateway_call_setup_seconds_count 1');
  expect(text).toContain('gateway_pin_tries_total{outcome="wrong",where="page"} 1');
  expect(text).toContain('gateway_http_request_seconds_count{method="GET",route="/healthz",status="200"} 1');

  expect(text).toContain('gateway_call_mos_bucket{le="3.8",direction="received"} 1');
  expect(text).toContain('gateway_call_mos_bucket{le="4.2",direction="sent"} 0');
  expect(text).toContain('gateway_call_loss_ratio_sum{direction="received"} 0.0425');
  expect(text).toContain('gateway_call_jitter_seconds_count{direction="sent"} 1');
  expect(text).toContain('gateway_call_burst_seconds_sum{direction="received"} 0.22');
  expect(text).toContain('gateway_call_burst_seconds_bucket{le="0.1",direction="sent"} 1');
  expect(text).toContain('gateway_call_round_trip_seconds_sum 0.084');
  expect(text).toContain('gateway_call_clipped_seconds_total 0.0035');
  expect(text).toContain('gateway_call_echoes_total{direction="received"} 1');
  expect(text).toContain('gateway_call_repaired_seconds_total{how="concealed"} 1.24');
  expect(text).toContain('gateway_call_repaired_seconds_total{how="recovered"} 0.38');
  expect(text).not.toContain('gateway_call_echoes_total{direction="sent"}');

  live = [];
  expect(await metrics.render()).not.toContain('gateway_calls_live{');
});

test('two gateways in one process don’t share counters', async () => {
  const one = createMetrics();
  const other = createMetrics();
  one.pinTried('right', 'call');
  expect(await other.render()).not.toContain('outcome="right"');
});

test('the SIP edge’s counters, those that grow and those that are now; without an edge none', async () => {
  const metrics = createMetrics();
  let counters: Record<string, number> | null = { handshakesStalled: 2, connections: 5 };
  metrics.watchSip(() => Promise.resolve(counters));
  const text = await metrics.render();
  expect(text).toContain('gateway_sip_events_total{event="handshakes_stalled"} 2');
  expect(text).toContain('gateway_sip_live{what="connections"} 5');
  counters = null;
  expect(await metrics.render()).not.toContain('what="connections"');
});

test('what the picture process does is in the exposition, and nothing of it while that is not known', async () => {
  const metrics = createMetrics();
  const decoded = { frames: 900, keyFrames: 9, packetsLost: 3, malformed: 1, broken: 2, dropped: 15 };
  const figures = {
    fps: 20,
    slowedDown: 1,
    feeds: [
      { codec: 'H264', height: 720, feeds: 2, frames: 4000 },
      { codec: 'VP8', height: 360, feeds: 0, frames: 30 },
    ] as const,
    cameras: 9,
    decoded,
  };
  let pictures: PictureStatus = { state: 'up', pid: 7, restarts: 2, hangs: 0, leftOut: 1, figures };
  metrics.watchPictures(() => [{ node: 'node-1', pictures }]);
  const text = await metrics.render();
  for (const line of [
    'gateway_picture_fps{node="node-1"} 20',
    'gateway_picture_feeds{node="node-1",codec="H264",height="720"} 2',
    'gateway_picture_frames_total{node="node-1",codec="H264",height="720"} 4000',
    'gateway_picture_frames_total{node="node-1",codec="VP8",height="360"} 30',
    'gateway_picture_cameras{node="node-1",state="decoded"} 9',
    'gateway_picture_cameras{node="node-1",state="left-out"} 1',
    'gateway_picture_events_total{node="node-1",event="slowed-down"} 1',
    'gateway_picture_events_total{node="node-1",event="frames-broken"} 2',
    'gateway_picture_events_total{node="node-1",event="frames-dropped"} 15',
  ])
    expect(text).toContain(line);
  pictures = { ...pictures, state: 'down', figures: null };
  const later = await metrics.render();
  expect(later).not.toContain('gateway_picture_fps{');
  expect(later).not.toContain('gateway_picture_feeds{');
});
