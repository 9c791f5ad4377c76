// Packages that are ES modules only: transformed like our own code.
const esm = ['get-port', '@prisma/schema-engine-wasm', '@sparticuz/chromium', 'fast-check', 'pure-rand'];

/** @type {import('jest').Config} */
const everywhere = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.(t|j|mj)sx?$': [
      '@swc/jest',
      {
        module: { type: 'commonjs' },
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'automatic', importSource: 'hono/jsx' } },
        },
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esm.join('|')})/)`, '/prisma/client/runtime/'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};

/** A project's global setup runs only when the project has a test to run: unit tests boot nothing. */
export default {
  projects: [
    { ...everywhere, displayName: 'unit', testMatch: ['<rootDir>/test/unit/**/*.test.ts'] },
    {
      ...everywhere,
      displayName: 'stack',
      testMatch: ['<rootDir>/test/!(unit)/**/*.test.ts'],
      globalSetup: '<rootDir>/test/harness/global-setup.ts',
      globalTeardown: '<rootDir>/test/harness/global-teardown.ts',
    },
  ],
  testSequencer: '<rootDir>/test/harness/longest-first.cjs',
  maxWorkers: 2,
  // Real servers on machines with noise: generous, and still far below the whole run's limit.
  testTimeout: 60_000,
};
