import type { Match } from '../../detector/rule.js';

/**
 * Google Cloud found that the caller holds one of these permissions: a single entry of `authorizationInfo` names it
 * and says `granted: true`. It does not say that the call went well in the end.
 */
export const granted = (...permissions: readonly string[]): Match => ({
  // `some` alone would take a lone entry for a list of one.
  'protoPayload.authorizationInfo': { type: 'list', some: { permission: permissions, granted: true } },
});
