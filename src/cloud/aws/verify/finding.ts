/** Something in an account that is not as it was designed. */
export interface Finding {
  readonly problem:
    | 'role-missing'
    | 'not-readable'
    | 'detector-made-anew'
    | 'principal'
    | 'condition'
    | 'external-id'
    | 'action'
    | 'statement'
    | 'session'
    | 'boundary'
    | 'policy'
    | 'allows'
    | 'denies'
    | 'key';
  /** What was seen, and what was expected. */
  readonly says: string;
  /** One sentence; where nothing is said, the stack is applied again. */
  readonly fix?: string;
}

/** What is in only one of two lists. */
export const onlyIn = (these: readonly string[], others: readonly string[]): readonly string[] =>
  these.filter((text) => !others.includes(text));
