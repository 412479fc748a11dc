/** What a case got through in one run. */
export interface Work {
  readonly events: number;
  /** Decompressed, where content is read. */
  readonly bytes?: number;
  /** Of work in a process of its own: its CPU time, and the most memory that it held. */
  readonly cpuMs?: number;
  readonly peakBytes?: number;
}

export interface Case {
  readonly name: string;
  /** Name of the case that it is compared with. @default the first of the suite */
  readonly against?: string;
  /** The work is done by a process of its own, whose CPU time is what `run` tells. */
  readonly elsewhere?: boolean;
  /** Prepares a run; not measured. */
  readonly before?: () => Promise<void>;
  readonly run: () => Promise<Work>;
  /** Cleans up behind a run; not measured. */
  readonly after?: () => Promise<void>;
}

export interface Spread {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

export interface Measurement {
  readonly case: string;
  readonly against: string;
  /** Speed as a multiple of that of `against`: the ratio of each round, of two runs one shortly behind the other. */
  readonly ratio: Spread;
  /** The same by CPU time, of all threads: what else the machine does matters less. NaN where it is not known. */
  readonly cpuRatio: Spread;
  readonly ms: Spread;
  readonly cpuMs: Spread;
  readonly runs: number;
  /** Of the last run, or of the one that held most memory. */
  readonly work: Work;
}

export interface Rounds {
  readonly runs: number;
  /** Rounds are run and thrown away until so many seconds have passed, one at least: code is compiled, caches fill. */
  readonly warmUp: number;
}

/**
 * Runs every case once, then again, and so on: what slows the machine down for a while slows all of them. Nothing is
 * collected by force between them: that throws away compiled code as well, and what a process costs that stays busy is
 * wanted.
 */
export async function measure(
  cases: readonly Case[],
  { runs, warmUp }: Rounds,
): Promise<readonly Measurement[]> {
  const end = performance.now() + warmUp * 1000;
  do await roundOf(cases);
  while (performance.now() < end);
  const counted: Map<string, Run>[] = [];
  while (counted.length < runs) counted.push(await roundOf(cases));
  const runsOf = (name: string): readonly Run[] =>
    counted.map((round) => {
      const run = round.get(name);
      if (run === undefined) throw new RangeError(`There is no case "${name}" to compare with.`);
      return run;
    });
  return cases.map(({ name, against = cases[0]?.name ?? name }) => {
    const own = runsOf(name);
    const others = runsOf(against);
    const ratio = (of: 'ms' | 'cpuMs'): Spread =>
      spreadOf(own.map((run, round) => (others[round]?.[of] ?? NaN) / run[of]));
    return {
      ...{ case: name, against, ratio: ratio('ms'), cpuRatio: ratio('cpuMs') },
      ...{ ms: spreadOf(own.map(({ ms }) => ms)), cpuMs: spreadOf(own.map(({ cpuMs }) => cpuMs)), runs },
      work: own.map(({ work }) => work).reduce(withHigherPeak),
    };
  });
}

interface Run {
  readonly ms: number;
  readonly cpuMs: number;
  readonly work: Work;
}

async function roundOf(cases: readonly Case[]): Promise<Map<string, Run>> {
  const round = new Map<string, Run>();
  for (const one of cases) round.set(one.name, await measured(one));
  return round;
}

async function measured({ before, run, after, elsewhere }: Case): Promise<Run> {
  await before?.();
  try {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const work = await run();
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage(cpu);
    return { ms, cpuMs: elsewhere === true ? (work.cpuMs ?? NaN) : (user + system) / 1000, work };
  } finally {
    await after?.();
  }
}

const withHigherPeak = (a: Work, b: Work): Work => ((a.peakBytes ?? 0) > (b.peakBytes ?? 0) ? a : b);

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? NaN;
  return {
    median: Number.isInteger(middle) ? ((sorted[middle - 1] ?? NaN) + upper) / 2 : upper,
    lowest: sorted[0] ?? NaN,
    highest: sorted.at(-1) ?? NaN,
  };
}
