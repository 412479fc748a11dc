import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { capability } from './capabilities.js';

/** The version that `moto/mends.py` mends. */
const VERSION = '5.2.1';
const SERVE = join(import.meta.dirname, 'moto/serve.py');
const START_MS = 60_000;

/** The emulator of AWS. */
export const moto = capability('moto', () => {
  const how = `pip install 'moto[server]==${VERSION}' in the python3 of the PATH gives it`;
  const { error, status, stdout } = spawnSync(
    'python3',
    ['-c', 'import moto, moto.server; print(moto.__version__)'],
    { encoding: 'utf8', timeout: START_MS },
  );
  if (error !== undefined) return { missing: `python3 could not be started (${error.message}); ${how}` };
  if (status !== 0) return { missing: `python3 has no moto with a server; ${how}` };
  const found = stdout.trim();
  return found === VERSION ? { found } : { missing: `python3 has moto ${found}; ${how}` };
});

/** What an SDK takes from the environment. */
export interface AwsEnv {
  readonly AWS_ACCESS_KEY_ID: string;
  readonly AWS_SECRET_ACCESS_KEY: string;
  readonly AWS_SESSION_TOKEN?: string;
}

/** The account of whoever comes without a role. */
export const MOTO_ACCOUNT = '123456789012';

/** Keys of that account. */
export const MOTO_KEYS: AwsEnv = { AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SECRET_ACCESS_KEY: 'none' };

/** The same as the options of a client have it. */
export const credentialsOf = (keys: AwsEnv) => ({
  accessKeyId: keys.AWS_ACCESS_KEY_ID,
  secretAccessKey: keys.AWS_SECRET_ACCESS_KEY,
  ...(keys.AWS_SESSION_TOKEN === undefined ? {} : { sessionToken: keys.AWS_SESSION_TOKEN }),
});

/** All of AWS, in memory, in a process of its own. */
export class Moto {
  private constructor(
    /** Such as http://127.0.0.1:40123: the endpoint of every service. */
    readonly url: string,
    private readonly end: () => Promise<void>,
  ) {}

  /**
   * @param calls a file into which every call is written, for `AwsCalls`. @default none
   * @throws Error with what it wrote, where it does not start
   */
  static async start(calls?: string): Promise<Moto> {
    const child = spawn('python3', [SERVE], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...(calls === undefined ? {} : { TOCSIN_RECORD_CALLS: calls }) },
    });
    const ended = once(child, 'close');
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
    const port = await new Promise<string>((resolve, reject) => {
      const late = setTimeout(() => {
        child.kill();
        reject(new Error(`moto did not start within ${START_MS / 1000} s:\n${said}`));
      }, START_MS);
      child.once('error', reject);
      child.once('close', (code) => {
        clearTimeout(late);
        reject(new Error(`moto ended with status ${String(code)}:\n${said}`));
      });
      child.stdout.on('data', (chunk: Buffer) => {
        const found = /listening on (\d+)/.exec(chunk.toString())?.[1];
        if (found === undefined) return;
        clearTimeout(late);
        resolve(found);
      });
    });
    // A test that forgets it does not keep the process; the server ends with its standard input.
    child.unref();
    for (const stream of child.stdio) if (stream instanceof Socket) stream.unref();
    return new Moto(`http://127.0.0.1:${port}`, async () => {
      child.ref();
      child.stdin.end();
      await ended;
    });
  }

  /** Keys of a role, in the account of its ARN. moto asks neither whether it is there nor whom it trusts. */
  async keysOf(roleArn: string): Promise<AwsEnv> {
    const sts = new STSClient({
      endpoint: this.url,
      region: 'eu-central-1',
      credentials: credentialsOf(MOTO_KEYS),
    });
    const { Credentials } = await sts.send(
      new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'tocsin-test' }),
    );
    sts.destroy();
    return {
      AWS_ACCESS_KEY_ID: Credentials?.AccessKeyId ?? '',
      AWS_SECRET_ACCESS_KEY: Credentials?.SecretAccessKey ?? '',
      AWS_SESSION_TOKEN: Credentials?.SessionToken ?? '',
    };
  }

  /** Ends the process that `start` started. */
  stop(): Promise<void> {
    return this.end();
  }
}
