import type { Match, Operators } from '../rule.js';
import { isList, isObject } from './json.js';
import { compileMatch, isSettingReference, refuse, refuseSyntax, type MatchContext } from './match.js';
import {
  checkOperands,
  ELEMENT_OPERATORS,
  isElementOperator,
  isScalar,
  type ElementOperator,
  type ElementTest,
} from './operators.js';
import { SyntaxProblem } from './problem.js';
import { compileRegex } from './regex.js';
import { compilePath, type Scope } from './scope.js';
import { show } from './text.js';
import { elementsOf, isEmpty, isTruthy, textOf } from './values.js';
import { NEEDS_MORE, type Truth, type Value } from './view.js';

/** Whether the value of a path passes; the scope gives it the rest of the event, for comparisons between fields. */
export type ValueTest = (value: Value, scope: Scope) => Truth;

/** An operator that looks at the whole value: a missing one, a list, or its elements as small events. */
type ValueOperator = (operand: unknown, at: string, context: MatchContext) => ValueTest;

const flag =
  (holds: (value: Value) => boolean): ValueOperator =>
  (operand) => {
    if (typeof operand !== 'boolean')
      throw new SyntaxProblem(`${show(operand)} is not true or false`, 'Write true or false.');
    return (value) => holds(value) === operand;
  };

const JSON_TYPES = {
  text: (value: Value) => typeof value === 'string',
  number: (value: Value) => typeof value === 'number',
  boolean: (value: Value) => typeof value === 'boolean',
  list: isList,
  object: isObject,
} as const satisfies Readonly<Record<NonNullable<Operators['type']>, (value: Value) => boolean>>;

const isTypeName = (name: unknown): name is keyof typeof JSON_TYPES =>
  typeof name === 'string' && Object.hasOwn(JSON_TYPES, name);

const VALUE_OPERATORS: Readonly<Record<string, ValueOperator>> = {
  type: (operand) => {
    if (!isTypeName(operand)) {
      throw new SyntaxProblem(
        `${show(operand)} is no JSON type`,
        `Use one of: ${Object.keys(JSON_TYPES).join(', ')}.`,
      );
    }
    return JSON_TYPES[operand];
  },
  absent: flag((value) => value === undefined || value === null),
  empty: flag(isEmpty),
  truthy: flag(isTruthy),
  some: (operand, at, context) => {
    const holds = compileMatch(operand as Match, at, { ...context, inElement: true });
    return (value, scope) => {
      let truth: Truth = false;
      for (const element of elementsOf(value)) {
        const found = holds({ ...scope, element: { value: element } });
        if (found === true) return true;
        if (found === NEEDS_MORE) truth = NEEDS_MORE;
      }
      return truth;
    };
  },
  every: (operand, at, context) => {
    const holds = compileMatch(operand as Match, at, { ...context, inElement: true });
    return (value, scope) => {
      let truth: Truth = true;
      for (const element of elementsOf(value)) {
        const found = holds({ ...scope, element: { value: element } });
        if (found === false) return false;
        if (found === NEEDS_MORE) truth = NEEDS_MORE;
      }
      return truth;
    };
  },
  not: (operand, at, context) => {
    const holds = compileTest(operand, at, context);
    return (value, scope) => {
      const found = holds(value, scope);
      return found === NEEDS_MORE ? found : !found;
    };
  },
  any: (operand, at, context) => {
    if (!Array.isArray(operand))
      throw new SyntaxProblem(`${show(operand)} is no list`, 'Write a list of tests.');
    const tests = operand.map((test: unknown, i) => compileTest(test, `${at}[${String(i)}]`, context));
    return (value, scope) => {
      let truth: Truth = false;
      for (const test of tests) {
        const found = test(value, scope);
        if (found === true) return true;
        if (found === NEEDS_MORE) truth = NEEDS_MORE;
      }
      return truth;
    };
  },
};

const OPERATOR_NAMES = [
  ...Object.keys(ELEMENT_OPERATORS),
  'regex',
  'ignoreCase',
  ...Object.keys(VALUE_OPERATORS),
];

/** Compiles the test of one field. Mistakes are reported to the context. */
export function compileTest(test: unknown, at: string, context: MatchContext): ValueTest {
  if (isScalar(test) || Array.isArray(test)) return compileTest({ is: test }, at, context);
  if (typeof test !== 'object' || test === null) {
    refuse(context, at, `${show(test)} is no test`, 'Write a value, a list of values, or operators.');
    return () => false;
  }
  const { ignoreCase = false, ...operators } = test as Record<string, unknown>;
  if (typeof ignoreCase !== 'boolean' || Object.keys(operators).length === 0) {
    refuse(context, at, `${show(test)} has no operator`, `Use one of: ${OPERATOR_NAMES.join(', ')}.`);
    return () => false;
  }
  const elementTests: ElementBinding[] = [];
  const valueTests: ValueTest[] = [];
  for (const [name, operand] of Object.entries(operators)) {
    const place = `${at}.${name}`;
    try {
      const whole = Object.hasOwn(VALUE_OPERATORS, name) ? VALUE_OPERATORS[name] : undefined;
      if (whole !== undefined) valueTests.push(whole(operand, place, context));
      else if (name === 'regex') elementTests.push(bindRegex(operand, ignoreCase, context.reviewed));
      else if (isElementOperator(name)) elementTests.push(bindOperands(name, operand, ignoreCase, context));
      else
        refuse(context, place, `there is no operator "${name}"`, `Use one of: ${OPERATOR_NAMES.join(', ')}.`);
    } catch (error) {
      refuseSyntax(error, place, context);
    }
  }
  if (elementTests.length > 0) valueTests.unshift(someElement(elementTests));
  const [only] = valueTests;
  if (only !== undefined && valueTests.length === 1) return only;
  return (value, scope) => {
    let truth: Truth = true;
    for (const holds of valueTests) {
      const found = holds(value, scope);
      if (found === false) return false;
      if (found === NEEDS_MORE) truth = NEEDS_MORE;
    }
    return truth;
  };
}

/** An element test, or how to get one once another field of the event is known. */
type ElementBinding = ElementTest | { readonly bind: (scope: Scope) => ElementTest | typeof NEEDS_MORE };

/** All the tests hold for one and the same element. */
function someElement(bindings: readonly ElementBinding[]): ValueTest {
  const fixed = bindings.filter((binding) => typeof binding === 'function');
  const late = bindings.filter((binding) => typeof binding !== 'function');
  return (value, scope) => {
    const candidates = elementsOf(value).filter((element) => fixed.every((holds) => holds(element)));
    if (candidates.length === 0) return false;
    const bound: ElementTest[] = [];
    for (const { bind } of late) {
      const holds = bind(scope);
      if (holds === NEEDS_MORE) return NEEDS_MORE;
      bound.push(holds);
    }
    return candidates.some((element) => bound.every((holds) => holds(element)));
  };
}

function bindOperands(
  name: ElementOperator,
  operand: unknown,
  ignoreCase: boolean,
  context: MatchContext,
): ElementBinding {
  const bind = ELEMENT_OPERATORS[name];
  if (isSettingReference(operand)) {
    return bind(checkOperands(name, settingOperands(operand.setting, context)), ignoreCase);
  }
  if (isFieldReference(operand)) {
    // In `like` and `glob`, a `*` in the text of an event would become a wildcard.
    if (name === 'cidr' || name === 'ip' || name === 'like' || name === 'glob') {
      throw new SyntaxProblem(`${name} is not compared with another field`, 'Write its value into the rule.');
    }
    const { field, prefix = '', suffix = '' } = operand;
    const { get } = compilePath(field, { ...context, inElement: false, exact: false });
    const affixed = prefix !== '' || suffix !== '';
    return {
      bind: (scope) => {
        const value = get(scope);
        if (value === NEEDS_MORE) return value;
        const operands = elementsOf(value).filter((each) => isScalar(each) && each !== '');
        return bind(
          affixed ? operands.map((each) => prefix + (textOf(each) ?? '') + suffix) : operands,
          ignoreCase,
        );
      },
    };
  }
  return bind(checkOperands(name, Array.isArray(operand) ? operand : [operand]), ignoreCase);
}

function bindRegex(operand: unknown, ignoreCase: boolean, reviewed: boolean): ElementTest {
  const patterns: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  const tests = patterns.map((pattern) => {
    if (typeof pattern !== 'string')
      throw new SyntaxProblem(`${show(pattern)} is no pattern`, 'Write it as a text.');
    return compileRegex(pattern, { ignoreCase, reviewed });
  });
  return (element) => typeof element === 'string' && tests.some((holds) => holds(element));
}

function settingOperands(name: string, context: MatchContext): readonly unknown[] {
  const value = context.settingNamed(name);
  if (value === undefined)
    throw new SyntaxProblem(`the rule has no setting "${name}"`, 'Declare it under settings.');
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!values.every(isScalar)) {
    throw new SyntaxProblem(
      `the setting "${name}" is ${show(value)}, where values were expected`,
      'Set it to a text, a number, true or false, or to a list of them.',
    );
  }
  return values;
}

const isFieldReference = (value: unknown): value is { field: string; prefix?: string; suffix?: string } =>
  typeof value === 'object' && value !== null && 'field' in value && typeof value.field === 'string';
