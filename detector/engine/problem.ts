/** One mistake in a rule: where, what was seen and expected, and what to do. */
export interface Problem {
  /** Position inside the rule, such as `match.all[1].eventName`. */
  readonly at: string;
  readonly message: string;
  readonly fix: string;
}

/** A path of names and list positions in the form of `Problem.at`: `attack[0]`. */
export const placeOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((at, key) => {
    if (typeof key === 'number') return `${at}[${String(key)}]`;
    return at === '' ? String(key) : `${at}.${String(key)}`;
  }, '');

/** A rule, or several, that cannot be compiled. All their mistakes are listed at once. */
export class RuleProblemsError extends Error {
  readonly code = 'RULE_PROBLEMS';

  constructor(readonly problems: readonly (Problem & { readonly rule: string; readonly file?: string })[]) {
    super(
      problems
        .map(
          (p) =>
            `${p.file === undefined ? '' : `${p.file}: `}rule ${p.rule}, ${p.at}: ${p.message}\n  → ${p.fix}`,
        )
        .join('\n'),
    );
    this.name = 'RuleProblemsError';
  }
}

/** Thrown inside the compiler where a text of the language cannot be read; always caught and listed as a problem. */
export class SyntaxProblem extends Error {
  constructor(
    message: string,
    readonly fix: string,
  ) {
    super(message);
    this.name = 'SyntaxProblem';
  }
}
