import { Facts } from '../admin/facts.tsx';
import { mosInWords } from './quality-words.ts';
import type { CallRecord, Direction, Media, Quality } from './shapes.ts';

/** How it sounded in both directions, and what carried it. */
export function Sound({ call: { media, answeredAt } }: { call: CallRecord }) {
  return (
    <section className="card" aria-labelledby="sound">
      <h2 id="sound">How it sounded</h2>
      {media === null ? (
        <p className="muted">
          {answeredAt === null
            ? 'The call was not answered.'
            : 'What carried it is gone, and its figures with it.'}
        </p>
      ) : (
        <>
          {media.quality === null ? (
            <p className="muted">It was not measured.</p>
          ) : (
            <Both quality={media.quality} />
          )}
          <Carried media={media} />
        </>
      )}
    </section>
  );
}

function Both({ quality: { received, sent } }: { quality: Quality }) {
  return (
    <table className="sound">
      <thead>
        <tr>
          <th scope="col">Figure</th>
          <th scope="col">From the caller</th>
          <th scope="col">To the caller</th>
        </tr>
      </thead>
      <tbody>
        <Figure name="Rating" unit="" of={(one) => mosInWords(one.mos)} {...{ received, sent }} />
        <Figure name="Lost" unit="%" of={(one) => one.lossPercent} {...{ received, sent }} />
        <Figure name="Jitter" unit="ms" of={(one) => one.jitterMs} {...{ received, sent }} />
        <Figure
          name="Echo"
          unit="dB below"
          of={(one) => one.echoReturnLossDb ?? 'none'}
          {...{ received, sent }}
        />
        <OneWay name="Too late" unit="%" value={received.latePercent} />
        <OneWay name="Made up where packets were missing" unit="ms" value={received.concealedMs} />
        <OneWay name="Lost and recovered (FEC)" unit="ms" value={received.recoveredMs} />
        <OneWay name="Overdriven" unit="ms" value={received.clippedMs} />
      </tbody>
    </table>
  );
}

interface FigureProps {
  readonly name: string;
  readonly unit: string;
  readonly of: (direction: Direction) => number | string | null;
  readonly received: Direction;
  readonly sent: Direction;
}

function Figure({ name, unit, of, received, sent }: FigureProps) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{show(of(received), unit)}</td>
      <td>{show(of(sent), unit)}</td>
    </tr>
  );
}

/** Measured here only. Nothing of it is no news. */
function OneWay({ name, unit, value }: { name: string; unit: string; value: number }) {
  if (value === 0) return null;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{show(value, unit)}</td>
      <td className="muted">—</td>
    </tr>
  );
}

function show(value: number | string | null, unit: string): string {
  if (value === null) return 'not known';
  return typeof value === 'string' ? value : `${Math.round(value * 10) / 10} ${unit}`.trim();
}

function Carried({ media }: { media: Media }) {
  const { codec, publishedCodec, encryption, video, packetsReceived, packetsSent, rttMs } = media;
  return (
    <Facts
      of={[
        ['Codec', codec ?? 'none'],
        publishedCodec === null ? null : ['Codec in the room', publishedCodec],
        ['Encryption', encryption ?? 'not known'],
        ['Packets', `${packetsReceived} came, ${packetsSent} went`],
        rttMs === null ? null : ['Round trip', `${Math.round(rttMs)} ms`],
        video?.received ? ['Camera', pictureOf(video.received)] : null,
        video?.sent ? ['Picture sent', pictureOf(video.sent.profile)] : null,
      ]}
    />
  );
}

const pictureOf = ({ codec, width, height }: { codec: string; width: number; height: number }): string =>
  width === 0 ? codec : `${codec}, ${width} × ${height}`;
