/** Keys and indexes from the top of a text. */
export type Path = readonly (string | number)[];

/** A key or a value of a text, where it stands. */
export interface Scalar {
  /** A key's ends with itself. */
  readonly path: Path;
  readonly role: 'key' | 'value';
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

interface BlockFrame {
  readonly kind: 'map' | 'seq';
  readonly indent: number;
  readonly path: Path;
  at: string | number;
}

interface FlowFrame {
  readonly kind: 'map' | 'seq';
  readonly path: Path;
  /** null: a key comes next. */
  at: string | number | null;
  /** The key's colon has come. */
  colon: boolean;
}

/** Where the end of the text is. */
export interface End {
  /** The mapping whose key would come, or the place of the value that would. */
  readonly path: Path;
  readonly role: 'key' | 'value';
  /** Within braces or brackets. */
  readonly flow: boolean;
}

const below = ({ path, at }: { path: Path; at: string | number }): Path => [...path, at];

/**
 * Reads YAML that is being typed: whatever is broken, each key and value gets the place that a reader would give it.
 * (A parser that knows all of YAML gives up where an editor has to go on.) Anchors, tags and texts of several lines are
 * passed over.
 */
export class YamlScan {
  readonly scalars: Scalar[] = [];
  readonly #text: string;
  #at = 0;
  readonly #blocks: BlockFrame[] = [];
  readonly #flows: FlowFrame[] = [];
  /** A text of several lines (| or >) goes on while lines are indented by more. */
  #blockTextIndent: number | null = null;
  /** Where a value would stand that the last line lets come; null: in a new key. */
  #awaited: Path | null = null;
  #column = 0;

  constructor(text: string) {
    this.#text = text;
    while (this.#at < text.length) this.#line();
    // A text that ends with a line's end has an empty last line.
    if (text.endsWith('\n') || text === '') {
      this.#awaited = null;
      this.#column = 0;
    }
  }

  end(): End {
    const flow = this.#flows.at(-1);
    if (flow !== undefined) {
      if (flow.kind === 'map' && (flow.at === null || !flow.colon)) {
        return { path: flow.path, role: 'key', flow: true };
      }
      return { path: [...flow.path, flow.at ?? 0], role: 'value', flow: true };
    }
    if (this.#awaited !== null) return { path: this.#awaited, role: 'value', flow: false };
    const frames = this.#blocks.filter(({ indent }) => indent <= this.#column);
    const top = frames.at(-1);
    if (top === undefined) return { path: [], role: 'key', flow: false };
    if (top.indent === this.#column && top.kind === 'seq') {
      // Beside the dashes of a list: the mapping that holds it goes on.
      return { path: top.path.slice(0, -1), role: 'key', flow: false };
    }
    const within = top.kind === 'map' && top.indent === this.#column;
    return { path: within ? top.path : below(top), role: 'key', flow: false };
  }

  #line(): void {
    const start = this.#at;
    if (this.#flows.length > 0) {
      this.#flow();
      return;
    }
    const indent = this.#skipSpaces();
    this.#column = indent;
    this.#awaited = null;
    if (this.#atLineEnd()) {
      this.#toNextLine();
      return;
    }
    if (this.#blockTextIndent !== null && indent > this.#blockTextIndent) {
      this.#toNextLine();
      return;
    }
    this.#blockTextIndent = null;
    this.#dashes(start);
    if (this.#atLineEnd()) {
      this.#toNextLine();
      return;
    }
    this.#content(start);
  }

  #dashes(start: number): void {
    while (this.#text[this.#at] === '-' && /^\s|^$/.test(this.#text.charAt(this.#at + 1))) {
      const column = this.#at - start;
      this.#pop((frame) => frame.indent > column);
      const top = this.#blocks.at(-1);
      if (top?.kind === 'seq' && top.indent === column) top.at = Number(top.at) + 1;
      else this.#blocks.push({ kind: 'seq', indent: column, path: this.#valuePath(), at: 0 });
      this.#at += 1;
      this.#skipSpaces();
      this.#column = this.#at - start;
    }
  }

  #content(start: number): void {
    const column = this.#at - start;
    const { from, to, text } = this.#scalar(false);
    const isKey = to > from && this.#isColon(to) && !/[{[]/.test(this.#text.charAt(from));
    if (!isKey) {
      this.#value(this.#valuePath());
      return;
    }
    this.#pop((frame) => frame.indent > column || (frame.indent === column && frame.kind === 'seq'));
    const top = this.#blocks.at(-1);
    if (top?.kind === 'map' && top.indent === column) top.at = text;
    else this.#blocks.push({ kind: 'map', indent: column, path: this.#valuePath(), at: text });
    const path = this.#valuePath();
    this.scalars.push({ path, role: 'key', text, from, to });
    this.#at = to + 1;
    this.#skipSpaces();
    if (this.#atLineEnd()) {
      if (this.#at >= this.#text.length) this.#awaited = path;
      this.#toNextLine();
      return;
    }
    if (/[|>]/.test(this.#text.charAt(this.#at))) {
      this.#blockTextIndent = column;
      this.#toNextLine();
      return;
    }
    this.#value(path);
  }

  /** A value on the rest of the line, or the beginning of one in braces or brackets. */
  #value(path: Path): void {
    if (/[{[]/.test(this.#text.charAt(this.#at))) {
      this.#open(path);
      this.#flow();
      return;
    }
    const { from, to, text } = this.#scalar(false);
    if (to > from) this.scalars.push({ path, role: 'value', text, from, to });
    this.#awaited = path;
    this.#at = to;
    this.#toNextLine();
  }

  #flow(): void {
    while (this.#at < this.#text.length) {
      const char = this.#text.charAt(this.#at);
      const top = this.#flows.at(-1);
      if (top === undefined) {
        this.#toNextLine();
        return;
      }
      if (/\s/.test(char)) this.#at += 1;
      else if (char === '#') this.#toNextLine();
      else if (char === '{' || char === '[') this.#open([...top.path, top.at ?? 0]);
      else if (char === '}' || char === ']') this.#close();
      else if (char === ',') this.#next(top);
      else if (char === ':' && top.kind === 'map' && top.at !== null && !top.colon) {
        top.colon = true;
        this.#at += 1;
      } else this.#flowScalar(top);
    }
  }

  #flowScalar(top: FlowFrame): void {
    const { from, to, text } = this.#scalar(true);
    this.#at = Math.max(to, this.#at + 1);
    if (to === from) return;
    if (top.kind === 'map' && top.at === null) {
      top.at = text;
      this.scalars.push({ path: [...top.path, text], role: 'key', text, from, to });
    } else {
      this.scalars.push({ path: [...top.path, top.at ?? 0], role: 'value', text, from, to });
    }
  }

  #open(path: Path): void {
    const kind = this.#text.charAt(this.#at) === '{' ? 'map' : 'seq';
    this.#flows.push({ kind, path, at: kind === 'map' ? null : 0, colon: false });
    this.#at += 1;
  }

  #close(): void {
    this.#flows.pop();
    this.#at += 1;
  }

  #next(top: FlowFrame): void {
    top.at = top.kind === 'map' ? null : Number(top.at) + 1;
    top.colon = false;
    this.#at += 1;
  }

  /** Plain or in quotes; `to` is behind it. */
  #scalar(inFlow: boolean): { from: number; to: number; text: string } {
    const from = this.#at;
    const rest = this.#text.slice(from, this.#lineEnd());
    const quoted = /^(?:"((?:[^"\\]|\\.)*)"?|'((?:[^']|'')*)'?)/.exec(rest);
    if (quoted) {
      const [double, single] = [quoted.at(1), quoted.at(2)];
      const text = double?.replace(/\\(.)/g, '$1') ?? single?.replaceAll("''", "'") ?? '';
      return { from, to: from + quoted[0].length, text };
    }
    const plain = (
      inFlow
        ? /^(?:[^,[\]{}:#\s]|:(?=[^\s,[\]{}])|[ \t]+(?![#\s,[\]{}])(?!:)|(?<=\S)#)*/
        : /^(?:[^:#\s]|:(?=\S)|[ \t]+(?=[^#\s])|(?<=\S)#)*/
    ).exec(rest);
    const text = plain?.[0].trimEnd() ?? '';
    return { from, to: from + text.length, text };
  }

  #isColon(at: number): boolean {
    return this.#text[at] === ':' && /^\s|^$/.test(this.#text.charAt(at + 1));
  }

  #valuePath(): Path {
    const top = this.#blocks.at(-1);
    return top === undefined ? [] : below(top);
  }

  #pop(over: (frame: BlockFrame) => boolean): void {
    for (let top = this.#blocks.at(-1); top !== undefined && over(top); top = this.#blocks.at(-1)) {
      this.#blocks.pop();
    }
  }

  #skipSpaces(): number {
    const from = this.#at;
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at += 1;
    return this.#at - from;
  }

  #atLineEnd(): boolean {
    return /^[\n\r#]?$/.test(this.#text.charAt(this.#at));
  }

  #lineEnd(): number {
    const end = this.#text.indexOf('\n', this.#at);
    return end < 0 ? this.#text.length : end;
  }

  #toNextLine(): void {
    this.#at = this.#lineEnd() + 1;
  }
}
