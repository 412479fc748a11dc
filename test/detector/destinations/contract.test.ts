import { describeHttpDestination } from './contract.js';
import { HTTP_FIXTURES } from './fixtures.js';

for (const fixture of HTTP_FIXTURES) describeHttpDestination(fixture);
