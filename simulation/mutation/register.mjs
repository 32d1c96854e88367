// Loaded before tsx: replaces a text in one source file as it is read, so that a mutation costs no copy of the tree.
import { register } from 'node:module';
import process from 'node:process';

const mutation = process.env['SIMULATED_MUTATION'];
if (mutation !== undefined) register('./load.mjs', import.meta.url, { data: JSON.parse(mutation) });
