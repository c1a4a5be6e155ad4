import type { EndpointSpec, EndpointState } from '../../mcu/control/mixer-protocol.ts';
import type { Screen } from '../../mcu/ports/pictures.ts';
import { groupOf } from './canvas-size.ts';
import type { CanvasSize, CodecGroup } from './canvas-size.ts';
import type { Draw } from './drawings.ts';
import type { Place } from './rooms.ts';
import { Still, screenDrawing } from './still.ts';
import type { Api } from './still.ts';

/** Without words a mark is drawn. */
const wordless: Screen = { title: '', lines: [], digits: null };

/** What one endpoint sees while it sits alone, and how its picture is encoded. */
export class EndpointPicture {
  readonly #spec: EndpointSpec;
  readonly #still: Still;
  /** Of its encoder; empty: none. */
  #group = '';
  /** Conference that knows the size of its encoder's pictures. */
  #grouped: string | null = null;

  constructor(spec: EndpointSpec, draw: Draw) {
    this.#spec = spec;
    this.#still = new Still(draw);
  }

  /** Before it enters a conference: FreeSWITCH reads then which encoder it shares. */
  async beforeEntry(uuid: string, { size }: Place, api: Api): Promise<void> {
    const name = this.#groupIn(size)?.name ?? '';
    if (name === this.#group) return;
    this.#group = name;
    await api(`uuid_setvar ${uuid} video_codec_group ${name}`);
  }

  /** In a conference of its own. Idempotent. */
  async follow({ conference, size }: Place, { look }: EndpointState, api: Api): Promise<void> {
    if (!size) return;
    const group = this.#groupIn(size);
    if (group && this.#grouped !== conference) {
      this.#grouped = conference;
      await api(`conference ${conference} setvar group-${group.name} ${group.scaled}`);
      await api(`conference ${conference} vid-bandwidth ${group.scaled} ${group.name} 1`);
    }
    await this.#still.follow(conference, screenDrawing(size, look?.screen ?? wordless), api);
  }

  /** It has left the conference of its own, which is over with that. */
  left(): void {
    this.#grouped = null;
    this.#still.forget();
  }

  #groupIn(size: CanvasSize | null): CodecGroup | null {
    return size && groupOf(this.#spec, size);
  }
}
