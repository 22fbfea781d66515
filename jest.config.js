import { availableParallelism } from 'node:os';

/**
 * One run for the whole house. Sources are ESM and run as CommonJS inside jest, through SWC; packages resolve to their
 * sources, so that a test never sees a stale build. Tests that start the product's processes use the build
 * (`npm test` makes it first).
 */
export default {
  // Most files wait for processes and servers: on two cores jest would run one after the other. Each has databases of its
  // own; what measures time does so against bounds that a busy machine keeps.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  testSequencer: '<rootDir>/scripts/longest-first.mjs',
  testEnvironment: 'node',
  roots: ['<rootDir>/apps', '<rootDir>/packages', '<rootDir>/scripts'],
  testMatch: ['**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/'],
  globalSetup: '<rootDir>/packages/testing/jest-global-setup.mjs',
  globalTeardown: '<rootDir>/packages/testing/jest-global-teardown.mjs',
  testTimeout: 30_000,
  transform: {
    '^.+\\.(t|j|mj)s$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: ['/node_modules/(?!(content-disposition)/)'], // ESM-only, required by CommonJS packages
  moduleNameMapper: {
    '^@relay/app-(.*)$': '<rootDir>/apps/$1/src/index.ts',
    '^@relay/(.*)$': '<rootDir>/packages/$1/src/index.ts',
    '^(@prisma/client/runtime/.+)\\.mjs$': '$1.js',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
};
