/** Where a drachtio server takes applications: its admin port. */
export interface ServerPlace {
  /** As logs, metrics and the API call it: `10.0.0.5:9022`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  /** Null: plain TCP. `ca`: PEM of the authorities of its certificate; null: those that Node.js brings. */
  readonly tls: { readonly ca: string | null } | null;
}

/** Where drachtio servers connect to us, one connection for each new request. */
export interface ListenPlace {
  readonly host: string;
  readonly port: number;
  /** Of the servers that connect. */
  readonly secret: string;
  /** IP addresses or CIDR blocks of the servers; nobody else gets as far as our secret. */
  readonly from: readonly string[];
  /** PEM; null: plain TCP. */
  readonly tls: { readonly certificate: string; readonly key: string } | null;
}
