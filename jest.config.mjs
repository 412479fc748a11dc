import { availableParallelism } from 'node:os';

/** @type {import('jest').Config} */
export default {
  // What ES modules of a test file take is never given back: a worker that has grown is replaced. Jest needs two to do so.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  workerIdleMemoryLimit: '1GB',
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testTimeout: 300_000,
  extensionsToTreatAsEsm: ['.ts'],
  // Sources import each other as './x.js', which is what Node and tsc want; on disk it is './x.ts'.
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: {
          ...{ parser: { syntax: 'typescript' }, target: 'es2023' },
          experimental: { keepImportAttributes: true },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/build/'],
  reporters: ['default', '<rootDir>/test/support/count-reporter.mjs'],
};
