/** Web services that a dial plan asks what to do with a call. */

/** A text outside the plan, by its name: only its reader ever sees it. */
export type NamedSecret =
  { readonly name: string; readonly env: string } | { readonly name: string; readonly file: string };

export interface PolicyQuestion {
  readonly url: string;
  readonly timeoutMs: number;
  /** Values in parts: texts, and secrets that are read now. */
  readonly headers: Readonly<Record<string, readonly (string | { readonly secret: NamedSecret })[]>>;
  /** Sent as JSON. */
  readonly body: unknown;
}

/** `body`: what its JSON says, unchecked. Else why there is no answer, in one word and for people. */
export type PolicyReply =
  | { readonly kind: 'answer'; readonly body: unknown }
  | {
      readonly kind: 'failed';
      readonly why:
        'timed-out' | 'unreachable' | 'redirected' | 'status' | 'too-large' | 'not-json' | 'secret-missing';
      readonly detail: string;
    };

export interface PolicyClient {
  /** Never rejects, and never takes longer than the question allows. */
  ask(question: PolicyQuestion, signal: AbortSignal): Promise<PolicyReply>;
}
