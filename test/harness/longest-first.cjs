const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * Each takes more than a minute: begun last, they would keep everybody waiting at the end. The sweep mostly waits, and
 * so goes beside the soak, which does not.
 */
const LONGEST = ['faults/soak', 'faults/sweep', 'faults/outages'];

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const index = LONGEST.findIndex((name) => path.endsWith(`${name}.test.ts`));
      return index === -1 ? LONGEST.length : index;
    };
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
};
