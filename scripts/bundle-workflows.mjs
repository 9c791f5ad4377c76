// Bundles the workflows once, at build time: a worker then starts in a moment, and a killed one is back as fast.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const quiet = { trace() {}, debug() {}, info() {}, log() {}, warn: console.warn, error: console.error };
const workflowsPath = path('../dist/workflows/index.js');
const bundle = async (name, options = {}) => {
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: quiet, ...options });
  writeFileSync(path(`../dist/${name}.js`), code);
};
await bundle('workflow-bundle');
// For encrypted payloads: the failures that workflows end with are part of it.
await bundle('workflow-bundle-encoded', { failureConverterPath: path('../dist/temporal/encoded-failures.js') });
