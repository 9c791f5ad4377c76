import { basename, dirname } from 'node:path';

/** The folder of package.json: this file lies in it as source, and in its `dist` when compiled. */
export const PACKAGE_ROOT = basename(__dirname) === 'dist' ? dirname(__dirname) : __dirname;
