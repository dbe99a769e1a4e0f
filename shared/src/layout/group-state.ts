/**
 * What one parameter group is element by element, or a slice of it: flat float32 buffers in the group's layout order.
 * `slots` are the optimizer's (adam: m, v; momentum: velocity; ...), each of the parameters' length.
 */
export interface SliceState {
  readonly parameters: Float32Array;
  readonly slots: Readonly<Record<string, Float32Array>>;
  /** Exponential moving average of the parameters, where the config asks for one. */
  readonly ema: Float32Array | undefined;
  /** The parameters that workers have, where these follow by rounded differences (wire/parameter-wire.ts). */
  readonly published?: Float32Array | undefined;
}

/** All that one parameter group is at one commit. */
export interface GroupState extends SliceState {
  /** Number of updates the group has had. */
  readonly version: number;
  readonly statistics: Float32Array;
}

/** What a checkpoint holds: groups by name, at the state before `step`. */
export interface RunSnapshot {
  readonly step: number;
  readonly groups: Readonly<Record<string, GroupState>>;
}
