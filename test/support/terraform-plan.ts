/** What a plan wants to do to a resource, or to an output. */
export interface Change {
  readonly address: string;
  /** Such as `update`; both `delete` and `create` for a replacement. */
  readonly actions: readonly string[];
  /** Attributes, or blocks, that differ. */
  readonly attributes: readonly string[];
}

/** What `terraform show -json` says of a plan; only what is read of it. */
export interface PlanFile {
  readonly resource_changes?: readonly Planned[];
  /** What is there otherwise than the state says. */
  readonly resource_drift?: readonly Planned[];
  readonly output_changes?: Readonly<Record<string, { readonly actions: readonly string[] }>>;
}

interface Planned {
  readonly address: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before: Values | null;
    readonly after: Values | null;
    /** True for what is known after the apply only. */
    readonly after_unknown: Values;
  };
}

type Values = Readonly<Record<string, unknown>>;

/** What it would do; looking at data is nothing. */
export const changesIn = ({ resource_changes = [], output_changes = {} }: PlanFile): readonly Change[] =>
  [
    ...resource_changes.map(changeOf),
    ...Object.entries(output_changes).map(([name, { actions }]) => ({
      ...{ address: `output.${name}`, actions, attributes: ['value'] },
    })),
  ].filter(({ actions }) => !actions.every((action) => action === 'no-op' || action === 'read'));

/** Addresses of what is in the state, and there no more. */
export const goneIn = ({ resource_drift = [] }: PlanFile): readonly string[] =>
  resource_drift.filter(({ change }) => change.after === null).map(({ address }) => address);

function changeOf({ address, change: { actions, before, after, after_unknown: unknown } }: Planned): Change {
  const names = new Set([before, after, unknown].flatMap((values) => Object.keys(values ?? {})));
  const attributes = [...names].filter((name) => {
    const [was, willBe] = [before?.[name], after?.[name]].map((value) => JSON.stringify(value ?? null));
    return was !== willBe || JSON.stringify(unknown[name] ?? {}).includes('true');
  });
  return { address, actions, attributes: attributes.toSorted() };
}
