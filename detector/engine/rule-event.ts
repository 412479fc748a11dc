import type { RuleEvent, Setting } from '../rule.js';
import type { Json, JsonObject } from './json.js';
import { compilePath, type CompiledPath, type PathContext, type Scope } from './scope.js';
import { elementsOf, textOf } from './values.js';
import { NEEDS_MORE } from './view.js';

/** Code may put texts of an event into paths; as many different ones as hostile events hold are not kept. */
const MOST_PATHS = 1000;

/** What a rule's code is given. Paths are read once per rule and kept. */
export class ScopedRuleEvent implements RuleEvent {
  constructor(
    readonly record: JsonObject,
    private readonly scope: Scope,
    private readonly rule: {
      readonly context: PathContext;
      readonly expressions: Map<string, CompiledPath>;
      readonly settingNamed: (name: string) => Setting['default'] | undefined;
    },
  ) {}

  all(path: string): readonly Json[] {
    let expression = this.rule.expressions.get(path);
    if (expression === undefined) {
      if (this.rule.expressions.size >= MOST_PATHS) this.rule.expressions.clear();
      expression = compilePath(path, this.rule.context);
      this.rule.expressions.set(path, expression);
    }
    const value = expression.get(this.scope);
    return value === NEEDS_MORE ? [] : elementsOf(value);
  }

  get(path: string): Json | undefined {
    return this.all(path)[0] ?? undefined;
  }

  text(path: string): string | undefined {
    return textOf(this.get(path));
  }

  setting(name: string): Json | undefined {
    return this.rule.settingNamed(name) as Json | undefined;
  }
}
