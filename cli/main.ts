#!/usr/bin/env node
import { buildProgram } from './program';
import { runProgram } from './run';

void runProgram(buildProgram(), process.argv);
