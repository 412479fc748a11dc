import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describeWith, program } from '../../support/capabilities.js';
import type { DynamoServer } from '../../support/dynalite.js';
import { storeContract } from './contract.js';
import { lostAnswers } from './dynamodb-lost-answers.js';
import { openForContract, serverOf } from './dynamodb-support.js';

/** Another DynamoDB, by other people: unlike dynalite it says what is there when a condition does not hold. */
async function startMoto(): Promise<DynamoServer> {
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const close = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill();
    await exit;
  };
  const said: string[] = [];
  const lines = createInterface({ input: child.stderr });
  for await (const line of lines) {
    const url = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (url !== undefined) {
      child.stderr.resume();
      return { url, close };
    }
    said.push(line);
  }
  await close();
  throw new Error(`moto_server ended before it listened: ${said.join('\n')}`);
}

describeWith(program('moto_server', ['--help']), 'On moto', () => {
  const url = serverOf(startMoto);

  storeContract('The DynamoDB store', () => openForContract(url()), 'by itself');
  lostAnswers('The DynamoDB store', url);
});
