import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { I420 } from '../../mcu/compositor/i420.ts';
import { toneDb } from '../support/audio.ts';
import { missingForBrowser, openBrowser } from '../support/browser.ts';
import { CertificateFiles, TestAuthority } from '../support/certificates.ts';
import { gateway as gatewayClause, stack } from '../support/clause.ts';
import { realEdge } from '../support/edge-under-test.ts';
import { missingForGateway, startTestGateway } from '../support/gateway.ts';
import type { TestGateway } from '../support/gateway.ts';
import { newI420 } from '../support/i420.ts';
import { describeWith } from '../support/needs.ts';
import { RtcParticipant } from '../support/rtc-participant.ts';
import { bundleSoftphone, serveSoftphonePages, Softphone } from '../support/softphone.ts';
import type { PageCamera, SoftphonePages } from '../support/softphone.ts';
import { until } from '../support/until.ts';

const toneHz = 440;
const adasHz = 1000;
/** Of one colour. */
function blue(): I420 {
  const picture = newI420(640, 360);
  // Y, Cb, Cr.
  [48, 212, 120].forEach((value, plane) => picture.data[plane].fill(value));
  return picture;
}

const embeddedOnly = realEdge() ? 'with DRACHTIO_HOST set there is no embedded edge' : null;

/** Chromium and sip.js from the page to the room: signalling over WebSocket, media over ICE and DTLS-SRTP. */
describeWith([missingForBrowser(), missingForGateway(), embeddedOnly], 'a page with sip.js', () => {
  const authority = new TestAuthority();
  const identity = authority.issue({ addresses: ['127.0.0.1'] });
  const files = new CertificateFiles(identity, authority);
  let gateway: TestGateway;
  let browser: Browser;
  let pages: SoftphonePages;
  let script: string;
  const open: { close(): Promise<unknown> }[] = [];

  beforeAll(async () => {
    const listen = ['ws', 'wss'].flatMap((name) => [
      ...[`--sip.${name}.listen`, 'on', `--sip.${name}.port`, '0'],
    ]);
    const certificate = ['--sip.tls.certificate', files.certificate, '--sip.tls.key', files.key];
    pages = await serveSoftphonePages(identity);
    script = await bundleSoftphone();
    [gateway, browser] = await Promise.all([
      startTestGateway([...listen, ...certificate]),
      openBrowser([identity.cert]),
    ]);
  });
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
    await until('no call is left', async () => (await gateway.calls()).length === 0, 45_000);
  });
  afterAll(async () => {
    await browser.close();
    await pages.close();
    await gateway.close();
    files.remove();
  });

  async function softphone(url: string): Promise<Softphone> {
    const one = await Softphone.open(browser, url, script);
    open.push(one);
    return one;
  }

  /** From a page of our own web server by HTTPS. */
  async function callOverWss(to: string, user: string, camera?: PageCamera): Promise<Softphone> {
    const one = await softphone(`https://127.0.0.1:${pages.httpsPort}/`);
    await one.connect(`wss://127.0.0.1:${gateway.facts.config.sip.wss.port}`, user);
    await one.call(`sip:${to}@127.0.0.1`, toneHz, camera);
    return one;
  }

  /** Somebody in the room, who speaks. */
  async function ada(room: string): Promise<RtcParticipant> {
    const { body } = await gateway.api(`/join/${room}`, { method: 'POST', body: { name: 'Ada' } });
    const { url, token } = body as { url: string; token: string };
    const one = await RtcParticipant.join(url, token);
    open.push(one);
    await one.publishTone(adasHz);
    return one;
  }

  const hearsItself = (one: Softphone) =>
    until('the echo is heard', async () => (await one.heardToneDb()) > 20, 30_000);

  /** The page is told why. */
  async function endByAdministrator(one: Softphone): Promise<void> {
    const [{ id }] = await gateway.calls();
    await gateway.api(`/calls/${id}`, { method: 'DELETE' });
    const reason = await until('the page was told', () => one.endedWith());
    expect(reason).toContain('An administrator ended the call.');
  }

  const recordOf = (user: string) =>
    until('the record', async () => (await gateway.records()).find(({ from }) => from === user), 15_000);

  it(
    'calls the echo test over WSS, hears itself, holds, resumes and hangs up',
    { ...stack('RFC 7118 §5'), timeout: 90_000 },
    async () => {
      const one = await callOverWss('9196', '4930801');
      await one.speak(true);
      await hearsItself(one);
      const [{ media }] = await gateway.calls();
      expect(media).toMatchObject({ codec: 'opus', dropped: { unauthentic: 0, replayed: 0 } });
      expect(media?.encryption).toMatch(/^dtls-srtp\/A/);

      expect(await one.hold(true)).toBe('sendonly');
      await until('nothing is heard', async () => (await one.heardDb()) < -90, 15_000);
      expect(await one.hold(false)).toBe('sendrecv');
      await hearsItself(one);

      await one.hangUp();
      expect(await recordOf('4930801')).toMatchObject({ endReason: 'caller-hung-up' });
    },
  );

  it('calls over WS from localhost', { ...stack('RFC 7118 §5'), timeout: 90_000 }, async () => {
    const one = await softphone(`http://localhost:${pages.httpPort}/`);
    await one.connect(`ws://localhost:${gateway.facts.config.sip.ws.port}`, '4930802');
    await one.call('sip:9196@localhost', toneHz);
    await one.speak(true);
    await hearsItself(one);
    await one.hangUp();
    expect(await recordOf('4930802')).toMatchObject({ endReason: 'caller-hung-up' });
  });

  it('types its PIN by RFC 4733 and talks with a person; the administrator’s hanging up tells it why', async () => {
    const { pins } = await gateway.meeting('softphone');
    const person = await ada('softphone');
    const one = await callOverWss('1000', '4930803');
    await one.press('RFC 4733', `${pins.guest}#`);
    const identity = 'sip_4930803';
    await person.until('the page is in the room', () => person.other(identity) !== undefined, 20_000);
    await one.speak(true);
    await until('the page hears Ada', async () => (await one.heardToneDb(adasHz)) > 20, 20_000);
    await person.until('the page speaks', () => person.hasSpoken(identity), 20_000);
    const heard = await person.record(identity, 1000);
    expect(toneDb(heard, toneHz, 48_000)).toBeGreaterThan(-20);
    expect(toneDb(heard, adasHz, 48_000)).toBeLessThan(-50);

    await endByAdministrator(one);
    expect(await recordOf('4930803')).toMatchObject({ endReason: 'ended-by-admin' });
  }, 90_000);

  it(
    'with a camera offers it in one group with the sound, has it on a port of its own, sees the room and is seen',
    { ...gatewayClause('RFC 9143 §7.3.2'), timeout: 90_000 },
    async () => {
      const { pins } = await gateway.meeting('camera');
      const person = await ada('camera');
      await person.publishPicture(blue());
      const one = await callOverWss('1000', '4930808', { width: 640, height: 360, colour: 'rgb(220 30 30)' });
      await one.press('RFC 4733', `${pins.guest}#`);
      const identity = 'sip_4930808';
      await person.until('the page is in the room', () => person.other(identity) !== undefined, 20_000);

      const looksBlue = async () => {
        const seen = await one.seenPicture();
        return seen !== null && seen.width >= 640 && seen.colour[2] > 150 && seen.colour[0] < 90;
      };
      await until('the page sees Ada', looksBlue, 30_000);
      const [r, g, b] = (await person.seen(identity)).colourAt(0.5, 0.5);
      expect([r > 180, g < 80, b < 80]).toEqual([true, true, true]);
      const [call] = await gateway.calls();
      expect(call.noVideo).toBeNull();
      expect(call.media?.video).toMatchObject({ received: { width: 640, height: 360 }, failed: null });
      expect(call.media?.video?.encryption).toMatch(/^dtls-srtp\/A/);

      // Its next offers are of the group that our answer left.
      expect(await one.hold(true)).toBe('sendonly');
      expect(await one.hold(false)).toBe('sendrecv');
      await until('the page sees Ada again', looksBlue, 15_000);
      await one.hangUp();
      expect(await recordOf('4930808')).toMatchObject({ endReason: 'caller-hung-up', noVideo: null });
    },
  );

  it('types its PIN by INFO; its closed window ends the call', async () => {
    const { pins } = await gateway.meeting('window');
    const person = await ada('window');
    const one = await callOverWss('1000', '4930804');
    await one.press('INFO', `${pins.guest}#`);
    await person.until('the page is in the room', () => person.other('sip_4930804') !== undefined, 20_000);
    await one.close();
    await person.until('the page is gone', () => person.other('sip_4930804') === undefined, 45_000);
    expect(await recordOf('4930804')).toMatchObject({ endReason: 'peer-unreachable' });
  }, 90_000);

  it(
    'goes on talking when its socket breaks, and is reached over the next one',
    { ...stack('RFC 7118 §5'), timeout: 90_000 },
    async () => {
      const one = await callOverWss('9196', '4930807');
      await one.reconnect();
      await one.speak(true);
      await hearsItself(one);
      expect(await one.hold(true)).toBe('sendonly');
      expect(await one.hold(false)).toBe('sendrecv');
      await hearsItself(one);
      await endByAdministrator(one);
      expect(await recordOf('4930807')).toMatchObject({ endReason: 'ended-by-admin' });
    },
  );

  it('of another place is not let in', async () => {
    const one = await softphone(`http://127.0.0.1:${pages.httpPort}/`);
    const { port } = gateway.facts.config.sip.ws;
    await expect(one.connect(`ws://localhost:${port}`, '4930805')).rejects.toThrow(/1006/);
  });

  it('that calls a number of nobody’s is told so', async () => {
    const one = await softphone(`https://127.0.0.1:${pages.httpsPort}/`);
    await one.connect(`wss://127.0.0.1:${gateway.facts.config.sip.wss.port}`, '4930806');
    await expect(one.call('sip:nobody.here@127.0.0.1', toneHz)).rejects.toThrow('the call has ended');
    expect(await one.endedWith()).toBe('404');
  });
});
