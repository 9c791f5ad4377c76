const { default: Sequencer } = require('@jest/test-sequencer');

/** Each takes more than a minute, mostly of waiting: begun last, they would keep everybody waiting at the end. */
const LONGEST = ['recovery/soak', 'recovery/outages', 'operations/sweep'];

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const index = LONGEST.findIndex((name) => path.endsWith(`${name}.test.ts`));
      return index === -1 ? LONGEST.length : index;
    };
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
};
