/** One mistake in a rule: where, what was seen and expected, and what to do. */
export interface Problem {
  /** Position inside the rule, such as `match.all[1].eventName`. */
  readonly at: string;
  readonly message: string;
  readonly fix: string;
}

/** A rule, or several, that cannot be compiled. All their mistakes are listed at once. */
export class RuleProblemsError extends Error {
  readonly code = 'RULE_PROBLEMS';
  readonly fix = 'Correct the rules named above and run the command again.';

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
