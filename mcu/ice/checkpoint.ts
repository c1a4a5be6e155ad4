/** How far an agent has come, so that another process can go on; JSON. */
export interface IceCheckpoint {
  readonly controlling: boolean;
  /** Where each component's packets go. */
  readonly selected: readonly {
    readonly component: number;
    readonly address: string;
    readonly port: number;
    readonly priority: number;
  }[];
}
