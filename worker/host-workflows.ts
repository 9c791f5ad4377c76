import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BundleOptions, WorkerOptions } from '@temporalio/worker';
import { MakegoodError } from '../errors';
import { PACKAGE_ROOT } from '../package-root';

/**
 * Only our own workflows, bundled when this package was built: it saves each start of a worker two seconds. A failure
 * converter is part of a bundle: ours, for encrypted payloads, is in the second.
 */
const ourBundle = (dataConverter: WorkerOptions['dataConverter']) =>
  join(
    PACKAGE_ROOT,
    dataConverter?.failureConverterPath ? 'dist/workflow-bundle-encoded.js' : 'dist/workflow-bundle.js',
  );
const WITH_HOST = join(PACKAGE_ROOT, 'dist/workflows/with-host.js');

type Workflows = Pick<WorkerOptions, 'workflowsPath' | 'workflowBundle' | 'bundlerOptions' | 'dataConverter'>;

/** The host's workflows with ours, however it brings its own. Throws INVALID_SETTING for a bundle without ours. */
export function withOurWorkflows({
  workflowsPath,
  workflowBundle,
  bundlerOptions,
  dataConverter,
}: Workflows): Workflows {
  if (workflowBundle) {
    const code = 'code' in workflowBundle ? workflowBundle.code : readFileSync(workflowBundle.codePath, 'utf8');
    if (code.includes('makegoodSweep')) return { workflowBundle };
    const message =
      "The workflow bundle of this worker has none of Makegood's workflows: make it with `bundleWorkflowCode({ ..., plugins: [makegoodPlugin({ ... })] })`.";
    throw new MakegoodError('INVALID_SETTING', message);
  }
  if (!workflowsPath) return { workflowBundle: { codePath: ourBundle(dataConverter) } };
  const { workflowsPath: path, webpackConfigHook } = bundledTogether({ ...bundlerOptions, workflowsPath });
  return {
    workflowsPath: path,
    bundlerOptions: { ...bundlerOptions, ...(webpackConfigHook && { webpackConfigHook }) },
  };
}

/**
 * The same for whoever makes a bundle. A worker with this plugin calls it a second time, for what it has made of its own
 * options: that stays as it is.
 */
export function bundledTogether<Options extends Pick<BundleOptions, 'workflowsPath' | 'webpackConfigHook'>>(
  options: Options,
): Options {
  const { workflowsPath, webpackConfigHook } = options;
  if (workflowsPath === WITH_HOST) return options;
  return {
    ...options,
    workflowsPath: WITH_HOST,
    webpackConfigHook: (given) => {
      const config = webpackConfigHook?.(given) ?? given;
      const alias = { ...config.resolve?.alias, 'makegood-host-workflows$': workflowsPath };
      return { ...config, resolve: { ...config.resolve, alias } };
    },
  };
}
