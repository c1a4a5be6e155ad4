/** Calls that are tried, and what came of them; as `/openapi.json` has it. */
export interface TriedCall {
  readonly called: string;
  readonly calling?: string;
  readonly trunk?: string;
  readonly transport?: string;
  readonly at?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly language?: string;
  readonly verstat?: string;
  readonly registered?: boolean;
  readonly source?: string;
}

export interface TraceStep {
  readonly rule: string;
  readonly matched: boolean;
  readonly missed: string | null;
  readonly conditions?: readonly {
    readonly field: string;
    readonly wanted: string;
    readonly found: string;
    readonly held: boolean;
  }[];
  readonly transformed?: { readonly called: string; readonly calling: string };
  readonly variables?: Readonly<Record<string, string>>;
}

export interface Tried {
  readonly route: {
    readonly tenant: string;
    readonly rule: string | null;
    readonly language: string | null;
    readonly called: string | { readonly user: string };
    readonly calling: string | { readonly user: string };
    readonly action: { readonly kind: string };
  };
  readonly trace: {
    readonly steps: readonly TraceStep[];
    readonly skipped: number;
    readonly variables: Readonly<Record<string, string>>;
  };
  readonly words: readonly string[];
}
