import { UsageError } from '../errors.js';

const LONGEST_REASON = 500;

/** What somebody gave as a reason, trimmed. @throws UsageError for none, or one that is too long */
export function checkedReason(text: string): string {
  const reason = text.trim();
  if (reason !== '' && reason.length <= LONGEST_REASON) return reason;
  throw new UsageError(
    'BAD_REASON',
    reason === ''
      ? 'The --reason is empty.'
      : `The --reason has ${reason.length} characters; ${LONGEST_REASON} is the most.`,
    'Say in a sentence why, for whoever looks next.',
  );
}
