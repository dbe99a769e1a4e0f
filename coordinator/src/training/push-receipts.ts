import type { PushReceipt } from '@atelier/proto/generated/atelier/v1/PushReceipt';

/** What a sender of a node or of values is told. */
export const ACCEPTED: PushReceipt = { status: 'accepted', detail: '' };

/** There was no room for a node, for so long that its sender had better ask again. */
export const LATER: PushReceipt = { status: 'later', detail: 'earlier nodes are missing: push it again' };
