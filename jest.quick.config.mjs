import config from './jest.config.mjs';

// `npm run test:quick`: every unit test, and the tests that fail first when money, the way of a generation or a door
// of the product is broken. Under two minutes on two cores, with the build. CONTRIBUTING.md says what it leaves out.
const ESSENTIAL = [
  'ledger/{grant,adjust,reserve,settle,refund,sweep,constraints,together,erasure}',
  'ledger/audit/{corruptions,guards}',
  'scenarios/{generation,one-id,credits,retry-once,options,readme}',
  'server/{api-generations,api-auth,session}',
  'cli/money',
];

const [unit, stack] = config.projects;

export default {
  ...config,
  projects: [unit, { ...stack, testMatch: ESSENTIAL.map((name) => `<rootDir>/test/${name}.test.ts`) }],
};
