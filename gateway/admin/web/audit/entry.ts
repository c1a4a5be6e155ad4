export interface AuditEntry {
  readonly id: string;
  readonly at: string;
  readonly by: string;
  /** Such as `plan.published`. */
  readonly action: string;
  readonly subject: string;
  readonly details: Readonly<Record<string, unknown>>;
}
