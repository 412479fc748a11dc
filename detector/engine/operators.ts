import type { Operators, Scalar } from '../rule.js';
import { inNetwork, isPrivate, isPublic, parseAddress, parseNetwork } from './ip.js';
import type { Json } from './json.js';
import { SyntaxProblem } from './problem.js';
import { globMatches, show } from './text.js';
import { numberOf, textOf } from './values.js';

/** Whether one element passes against operands that are known when the rule is compiled, or read from the event. */
export type ElementTest = (element: Json) => boolean;

/** Binds an operator to its operands. Called once for fixed operands, once an event for another field's value. */
export type Bind = (operands: readonly Json[], ignoreCase: boolean) => ElementTest;

const same = (text: string): string => text;
const lower = (text: string): string => text.toLowerCase();

const textOperator =
  (holds: (text: string, operand: string) => boolean): Bind =>
  (operands, ignoreCase) => {
    const fold = ignoreCase ? lower : same;
    const texts = operands.flatMap((operand) =>
      textOf(operand) === undefined ? [] : [fold(textOf(operand) ?? '')],
    );
    return (element) => {
      if (typeof element !== 'string') return false;
      const text = fold(element);
      return texts.some((operand) => holds(text, operand));
    };
  };

const numberOperator =
  (holds: (a: number | bigint, b: number | bigint) => boolean): Bind =>
  (operands) => {
    const numbers = operands.map(numberOf).filter((number) => number !== undefined);
    return (element) => {
      const number = numberOf(element);
      return number !== undefined && numbers.some((operand) => holds(number, operand));
    };
  };

const is: Bind = (operands, ignoreCase) => {
  const wanted = new Set(operands.map((o) => (ignoreCase && typeof o === 'string' ? lower(o) : o)));
  return (element) => wanted.has(ignoreCase && typeof element === 'string' ? lower(element) : element);
};

const like: Bind = (operands) => {
  const globs = operands.flatMap((operand) =>
    textOf(operand) === undefined ? [] : [lower(textOf(operand) ?? '')],
  );
  return (element) => {
    const text = textOf(element);
    return text !== undefined && globs.some((glob) => globMatches(glob, lower(text)));
  };
};

const cidr: Bind = (operands) => {
  const networks = operands.map((operand) => {
    const network = typeof operand === 'string' ? parseNetwork(operand) : undefined;
    if (network === undefined) {
      throw new SyntaxProblem(`${show(operand)} is no network`, 'Write it as 10.0.0.0/8 or 2001:db8::/32.');
    }
    return network;
  });
  return (element) => {
    const address = typeof element === 'string' ? parseAddress(element) : undefined;
    return address !== undefined && networks.some((network) => inNetwork(address, network));
  };
};

const IP_CLASSES: Readonly<
  Record<NonNullable<Operators['ip']>, (address: Parameters<typeof isPublic>[0]) => boolean>
> = {
  any: () => true,
  public: isPublic,
  private: isPrivate,
};

const ip: Bind = (operands) => {
  const [operand] = operands;
  const ofClass =
    typeof operand === 'string' && operands.length === 1 && Object.hasOwn(IP_CLASSES, operand)
      ? IP_CLASSES[operand as 'any']
      : undefined;
  if (ofClass === undefined) {
    throw new SyntaxProblem(
      `${show(operands.length === 1 ? operand : operands)} is no class of IP addresses`,
      'Use any, public or private.',
    );
  }
  return (element) => {
    const address = typeof element === 'string' ? parseAddress(element) : undefined;
    return address !== undefined && ofClass(address);
  };
};

/** The operators that look at one element at a time, by name. `regex` is bound apart: its patterns are compiled. */
export const ELEMENT_OPERATORS = {
  is,
  like,
  prefix: textOperator((text, operand) => text.startsWith(operand)),
  suffix: textOperator((text, operand) => text.endsWith(operand)),
  contains: textOperator((text, operand) => text.includes(operand)),
  glob: textOperator((text, operand) => globMatches(operand, text)),
  cidr,
  ip,
  gt: numberOperator((a, b) => a > b),
  gte: numberOperator((a, b) => a >= b),
  lt: numberOperator((a, b) => a < b),
  lte: numberOperator((a, b) => a <= b),
} as const satisfies Readonly<Record<string, Bind>>;

export type ElementOperator = keyof typeof ELEMENT_OPERATORS;
export const isElementOperator = (name: string): name is ElementOperator =>
  Object.hasOwn(ELEMENT_OPERATORS, name);

const NUMBER_OPERATORS: ReadonlySet<ElementOperator> = new Set(['gt', 'gte', 'lt', 'lte']);

/** Operands that stand in a rule or a setting. @throws SyntaxProblem for one that the operator can never hold for */
export function checkOperands(name: ElementOperator, operands: readonly unknown[]): readonly Scalar[] {
  return operands.map((operand) => {
    if (!isScalar(operand))
      throw new SyntaxProblem(`${show(operand)} is no value`, 'Write texts, numbers or true and false.');
    if (typeof operand === 'number' && Number.isInteger(operand) && !Number.isSafeInteger(operand)) {
      throw new SyntaxProblem(
        `${String(operand)} is beyond 2^53 and not exact as a number`,
        'Write it as a text of digits.',
      );
    }
    if (NUMBER_OPERATORS.has(name) && numberOf(operand) === undefined)
      throw new SyntaxProblem(`${show(operand)} is no number`, 'Write a number, or a text of digits.');
    return operand;
  });
}

export const isScalar = (value: unknown): value is Scalar =>
  typeof value === 'string' ||
  typeof value === 'boolean' ||
  (typeof value === 'number' && Number.isFinite(value));
