/** How a run (or this life of it) ended. `step` counts the committed steps. */
export type RunOutcome =
  /** `wasComplete`: it was so already when this coordinator started. */
  | { readonly kind: 'completed'; readonly step: number; readonly wasComplete: boolean }
  | { readonly kind: 'stopped'; readonly step: number }
  | { readonly kind: 'failed'; readonly step: number; readonly reason: string };
