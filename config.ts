import type { Step } from './activities/perform';
import type { MakegoodOptions } from './client/makegood';

/**
 * What the command line serves, and how: `makegood worker`, `server`, `dev`, `generate` and all others read it from
 * `makegood.config.ts` (or `.mjs`, `.cjs`, `.js`) of their folder. Without one they serve the email draft.
 */
export interface MakegoodConfig extends Pick<MakegoodOptions, 'kinds' | 'prices' | 'tries' | 'dataConverter'> {
  /**
   * What `perform` and `step` have made. A function is called by a worker alone, so that nothing else loads what the work
   * takes. The email draft's own work need not be named.
   */
  readonly work?: readonly Step[] | (() => readonly Step[] | Promise<readonly Step[]>);
  /** The path of a module of workflows of your own, from the folder of this file. */
  readonly workflows?: string;
  /** The path of a style sheet for the Usage page, likewise, unless MAKEGOOD_THEME_CSS names one. */
  readonly theme?: string;
}

/** For the types alone: what is wrong with it, the command says that reads it. */
export const defineConfig = (config: MakegoodConfig): MakegoodConfig => config;
