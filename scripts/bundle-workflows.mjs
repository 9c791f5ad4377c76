// Bundles the workflows once, at build time: a worker then starts in a moment, and a killed one is back as fast.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const quiet = { trace() {}, debug() {}, info() {}, log() {}, warn: console.warn, error: console.error };
const { code } = await bundleWorkflowCode({ workflowsPath: path('../dist/workflows/index.js'), logger: quiet });
writeFileSync(path('../dist/workflow-bundle.js'), code);
