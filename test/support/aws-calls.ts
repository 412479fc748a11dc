import { existsSync, readFileSync } from 'node:fs';

/** One call of AWS, as `moto/record.py` writes it down. */
export interface AwsCall {
  readonly account: string;
  readonly region: string;
  /** As botocore names it: `s3`. */
  readonly service: string;
  /** As the API names it: `PutBucketEncryption`. */
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** What AWS knows of the resource besides its name, as conditions of policies have it. */
  readonly context: Readonly<Record<string, readonly string[]>>;
}

/** The calls that an emulator gets. */
export class AwsCalls {
  /** @param file into which the emulator writes them */
  constructor(private readonly file: string) {}

  /** Those made while something is done; nothing else may call meanwhile. */
  async during<T>(
    work: () => Promise<T>,
  ): Promise<{ readonly result: T; readonly calls: readonly AwsCall[] }> {
    const before = this.lines().length;
    const result = await work();
    const lines = this.lines().slice(before);
    return { result, calls: lines.map((line) => JSON.parse(line) as AwsCall) };
  }

  private lines(): readonly string[] {
    return existsSync(this.file) ? readFileSync(this.file, 'utf8').split('\n').slice(0, -1) : [];
  }
}
