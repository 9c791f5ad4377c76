import * as ours from './index';

// The workflows of a host's worker with ours beside them: what the plugin bundles in place of the host's own module,
// which it gives this name.
const host: Record<string, unknown> = require('makegood-host-workflows');

for (const [name, workflow] of Object.entries(ours)) {
  if (name in host && host[name] !== workflow) {
    throw new Error(`Makegood's workflow ${name} would be replaced by one of this worker's own. Rename yours.`);
  }
}

export = { ...host, ...ours };
